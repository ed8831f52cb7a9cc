import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { NodeFrame, TuneJob, TuneResult } from '@tallrec/shared/wire/link';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeFileAtomically } from '../atomic-file.ts';
import { JobRunner } from './job-runner.ts';
import { type JobRecord, JobStore } from './job-store.ts';
import type { JobContext, JobWork } from './job-work.ts';

const data: TuneJob['train'] = {
  kind: 'samples',
  sampling: { historyLength: 10, likedAbove: 3, noun: 'movie', parts: [8, 1, 1] },
  path: '/d',
  split: 'train',
};
function job(id: string, fence = 1, more: Partial<TuneJob> = {}): TuneJob {
  const held = { resultsPath: `/results/${fence}`, checkpoint: null, checkpointEveryMs: 0, stopping: false };
  const settings = tuningSettingsSchema.parse({});
  const inputs = { train: data, valid: null, items: null, init: null };
  return { kind: 'tune', id, fence, model: 'm', settings, ...inputs, ...held, ...more };
}
const HASH = 'ab'.repeat(32);
const RESULT: TuneResult = {
  kind: 'tune',
  adapter: HASH,
  modelHash: HASH,
  files: { configSha256: HASH, weightsSha256: HASH, weightsBytes: 1 },
  golden: { template: 'clean', precision: 'f32', samples: [] },
  blend: null,
  bestValidAuc: null,
  bestValidLoss: null,
  stopReason: 'finished',
};
const SUCCEEDED = { status: 'succeeded', result: RESULT };
const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
const note = (message: string): NodeEvent => ({ type: 'note', step: 0, message });

/** A disk that can be full. */
class Store extends JobStore {
  full = false;

  override async save(record: JobRecord): Promise<void> {
    if (this.full) throw full();
    await super.save(record);
  }
}

interface Working extends JobContext {
  job: TuneJob;
  end: () => void;
  fail: (error: Error) => void;
}
interface Delivery {
  path: string;
  signal: AbortSignal;
  end: () => void;
  fail: (error: Error) => void;
}

let dir: string;
let store: Store;
let sent: NodeFrame[];
let online: boolean;
let work: Working[];
let deliveries: Delivery[];
/** Deliveries end by themselves. */
let delivers: boolean;

function newRunner(): JobRunner {
  const scripted: JobWork = {
    run: (given, context) =>
      new Promise((resolve, reject) => {
        work.push({ ...context, job: given as TuneJob, end: () => resolve(RESULT), fail: reject });
        context.signal.addEventListener('abort', () => reject(context.signal.reason));
      }),
    deliver: ({ resultsPath: path }, _result, signal) =>
      new Promise((resolve, reject) => {
        deliveries.push({ path, signal, end: resolve, fail: reject });
        signal.addEventListener('abort', () => reject(signal.reason));
        if (delivers) resolve();
      }),
  };
  const send = (frame: NodeFrame) => online && sent.push(frame) > 0;
  return new JobRunner({ store, work: scripted, send, log: () => {}, nowMs: Date.now, gatherMs: 1 });
}
const frames = <T extends NodeFrame['type']>(type: T) =>
  sent.filter((frame): frame is Extract<NodeFrame, { type: T }> => frame.type === type);
const finished = (count = 1) => vi.waitFor(() => expect(frames('finished').length).toBeGreaterThanOrEqual(count));

/** A runner that works on one job. */
async function working(id = 'a', fence = 1): Promise<JobRunner> {
  const runner = newRunner();
  runner.connected();
  await runner.accept(job(id, fence));
  return runner;
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'jobs-'));
  store = new Store(dir);
  [sent, online, work, deliveries, delivers] = [[], true, [], [], true];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('jobs', () => {
  it('run one at a time, in their order', async () => {
    const runner = await working();
    await runner.accept(job('b'));
    expect(work.map(({ job: { id } }) => id)).toEqual(['a']);
    expect(runner.runningJob).toBe('a');
    work[0]!.end();
    await vi.waitFor(() => expect(runner.runningJob).toBe('b'));
    expect(frames('accepted').map((frame) => frame.job)).toEqual(['a', 'b']);
  });

  it('start only while the edge can be reached', async () => {
    const runner = newRunner();
    await runner.accept(job('a'));
    expect(work).toEqual([]);
    runner.connected();
    expect(work).toHaveLength(1);
  });

  it('end as failed when their work throws, with words', async () => {
    await working();
    work[0]!.fail(new TallrecError('ENGINE_FAILED', 'The training process was killed.'));
    await finished();
    const error = { code: 'ENGINE_FAILED', message: 'The training process was killed.' };
    expect(frames('finished')[0]!.outcome).toEqual({ status: 'failed', error });
  });

  it('that were interrupted are not announced, and go on from their checkpoint when they are given again', async () => {
    await working();
    await writeFileAtomically(store.paths('a').data('checkpoint'), ['state']);
    sent = [];

    const next = newRunner();
    await next.restore();
    next.connected();
    expect(sent).toEqual([]);
    await next.accept(job('a', 2));
    expect(work.at(-1)!.job.fence).toBe(2);
    expect(await readdir(join(dir, 'a'))).toContain('checkpoint');
  });

  it('are taken again under a newer fence and never under an older one', async () => {
    const runner = await working('a', 2);
    await runner.accept(job('a', 1));
    expect(work).toHaveLength(1);
    await runner.accept(job('a', 3));
    expect(work[0]!.signal.aborted).toBe(true);
    await vi.waitFor(() => expect(work).toHaveLength(2));
    expect(work[1]!.job.fence).toBe(3);
    expect(frames('finished')).toEqual([]);
  });

  it('can be cancelled, running or waiting, but not under an older fence', async () => {
    const runner = await working('a', 2);
    await runner.accept(job('b'));
    await runner.cancel('b', 1);
    await runner.cancel('a', 1);
    expect(work[0]!.signal.aborted).toBe(false);
    await runner.cancel('a', 2);
    await finished(2);
    expect(frames('finished').map(({ job: id, outcome }) => [id, outcome.status])).toEqual([
      ['b', 'cancelled'],
      ['a', 'cancelled'],
    ]);
    expect(work).toHaveLength(1);
  });

  it('can be asked to stop, running or waiting, and then end as they end', async () => {
    const runner = await working();
    await runner.accept(job('b'));
    await runner.stop('b', 1);
    expect(work[0]!.stop.aborted).toBe(false);
    await runner.stop('a', 1);
    expect([work[0]!.stop.aborted, work[0]!.signal.aborted]).toEqual([true, false]);
    work[0]!.end();
    await vi.waitFor(() => expect(work).toHaveLength(2));
    expect(work[1]!.stop.aborted).toBe(true);
    expect(frames('finished').map(({ outcome }) => outcome.status)).toEqual(['succeeded']);
  });

  it('that were to stop before they were given out know it from the start', async () => {
    const runner = newRunner();
    runner.connected();
    await runner.accept(job('a', 1, { stopping: true }));
    expect(work[0]!.stop.aborted).toBe(true);
  });

  it('that were to stop and had nothing yet are cancelled', async () => {
    const runner = await working();
    await runner.stop('a', 1);
    work[0]!.fail(new TallrecError('CANCELLED', 'There is nothing to keep.'));
    await finished();
    expect(frames('finished')[0]!.outcome).toEqual({ status: 'cancelled' });
  });

  it('stop with the lease, keep what they have, and are not announced afterwards', async () => {
    const runner = await working();
    await runner.suspend();
    expect(work[0]!.signal.aborted).toBe(true);
    expect(runner.runningJob).toBeNull();
    sent = [];
    runner.connected();
    expect(sent).toEqual([]);
    expect(await readdir(dir)).toEqual(['a']);
  });
});

describe('a disk that is full', () => {
  it('when a job comes: it is declined with the reason, and the next one is taken', async () => {
    const runner = newRunner();
    runner.connected();
    store.full = true;
    await runner.accept(job('a'));
    expect(frames('accepted')).toEqual([]);
    const message = expect.stringMatching(/the disk is full/);
    expect(frames('declined')).toEqual([
      { type: 'declined', job: 'a', fence: 1, error: { code: 'NODE_UNAVAILABLE', message } },
    ]);
    expect(runner.runningJob).toBeNull();
    store.full = false;
    await runner.accept(job('a', 2));
    expect(frames('accepted')).toEqual([{ type: 'accepted', job: 'a', fence: 2 }]);
    expect(runner.runningJob).toBe('a');
  });

  it('when a job comes again: what was made before is not lost', async () => {
    const runner = await working();
    work[0]!.end();
    await finished();
    store.full = true;
    await runner.accept(job('a', 2));
    expect(frames('declined')).toHaveLength(1);
    runner.repeat();
    expect(frames('finished').at(-1)).toMatchObject({ fence: 1, outcome: SUCCEEDED });
  });

  it('when a job ends: the edge is told all the same, the next job runs, and it is saved when there is room', async () => {
    const runner = await working();
    await runner.accept(job('b'));
    store.full = true;
    work[0]!.end();
    await finished();
    expect(frames('finished')[0]).toMatchObject({ job: 'a', outcome: SUCCEEDED });
    await vi.waitFor(() => expect(runner.runningJob).toBe('b'));
    store.full = false;
    runner.repeat();
    await vi.waitFor(async () => {
      const owed = await new JobStore(dir).loadOwed(Date.now(), () => {});
      expect(owed.map((record) => record.job.id)).toEqual(['a']);
    });
  });
});

describe('an outcome', () => {
  it('is told until there is a verdict, over restarts of the service too, and nothing is deleted before', async () => {
    await working();
    online = false;
    work[0]!.end();
    await vi.waitFor(() => expect(deliveries).toHaveLength(1));
    expect(frames('finished')).toEqual([]);
    await vi.waitFor(async () => expect((await store.loadOwed(0, () => {}))[0]?.delivered).toBe(true));

    online = true;
    const next = newRunner();
    await next.restore();
    next.connected();
    next.repeat();
    expect(frames('finished').map(({ job: id, fence, outcome }) => ({ id, fence, outcome }))).toEqual(
      Array(2).fill({ id: 'a', fence: 1, outcome: SUCCEEDED }),
    );
    expect(await readdir(dir)).toEqual(['a']);
    await next.verdict('a', 1, 'applied');
    next.repeat();
    expect(frames('finished')).toHaveLength(2);
    expect(await readdir(dir)).toEqual([]);
  });

  it('is owed however old it is', async () => {
    await working();
    work[0]!.end();
    await finished();
    const inAMonth = Date.now() + 30 * 24 * 60 * 60 * 1000;
    expect(await store.loadOwed(inAMonth, () => {})).toHaveLength(1);
  });

  it('of a version that is not known stays where it is, and is named', async () => {
    const told: string[] = [];
    const path = store.paths('old').data('job.json');
    await store.save({ job: job('old'), outcome: null, delivered: false, settled: false });
    await writeFileAtomically(path, [JSON.stringify({ job: {}, outcome: { status: 'well' }, settled: false })]);
    expect(await store.loadOwed(Number.MAX_SAFE_INTEGER, (line) => told.push(line))).toEqual([]);
    expect(told).toEqual([expect.stringContaining(path)]);
    expect(await readdir(dir)).toEqual(['old']);
  });

  it('that nobody waits for goes; of a failure the checkpoint stays', async () => {
    const runner = await working();
    await writeFileAtomically(store.paths('a').data('checkpoint'), ['state']);
    await writeFileAtomically(store.paths('a').data('train.jsonl'), ['rows']);
    work[0]!.fail(new Error('no'));
    await finished();
    await runner.verdict('a', 2, 'superseded');
    expect((await readdir(join(dir, 'a'))).toSorted()).toEqual(['checkpoint', 'job.json', 'train.jsonl']);
    await runner.verdict('a', 1, 'superseded');
    expect((await readdir(join(dir, 'a'))).toSorted()).toEqual(['checkpoint', 'job.json']);
    const next = newRunner();
    await next.restore();
    sent = [];
    next.connected();
    expect(sent).toEqual([]);
  });

  it('is told once its results lie on the edge', async () => {
    delivers = false;
    const runner = await working();
    work[0]!.end();
    await vi.waitFor(() => expect(deliveries).toHaveLength(1));
    runner.repeat();
    expect(frames('finished')).toEqual([]);
    sent = [];
    runner.connected();
    expect(sent).toEqual([{ type: 'accepted', job: 'a', fence: 1 }]);
    expect(deliveries).toHaveLength(1);
    deliveries[0]!.end();
    await finished();
  });

  it('whose results cannot be sent for a while is kept, and they are sent later', async () => {
    delivers = false;
    const runner = await working();
    work[0]!.end();
    await vi.waitFor(() => expect(deliveries).toHaveLength(1));
    deliveries[0]!.fail(new TallrecError('UNAVAILABLE', 'The storage is away.'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    delivers = true;
    runner.repeat();
    await finished();
    expect(deliveries).toHaveLength(2);
    expect(frames('finished')[0]!.outcome).toEqual(SUCCEEDED);
  });

  it('whose results were being sent when the service went down is sent by the next one', async () => {
    delivers = false;
    const runner = await working();
    work[0]!.end();
    await vi.waitFor(() => expect(deliveries).toHaveLength(1));
    await runner.suspend();
    expect(deliveries[0]!.signal.aborted).toBe(true);
    delivers = true;
    const next = newRunner();
    await next.restore();
    next.connected();
    await finished();
    expect(deliveries).toHaveLength(2);
  });

  it('is told where its fence is stale, so that the verdict can say so', async () => {
    delivers = false;
    await working();
    work[0]!.end();
    await vi.waitFor(() => expect(deliveries).toHaveLength(1));
    deliveries[0]!.fail(new TallrecError('STALE_FENCE', 'no longer yours'));
    await finished();
    expect(frames('finished')[0]!.outcome).toEqual(SUCCEEDED);
  });

  it('whose results the edge refuses for good is a failure with its words', async () => {
    delivers = false;
    await working();
    work[0]!.end();
    await vi.waitFor(() => expect(deliveries).toHaveLength(1));
    deliveries[0]!.fail(new TallrecError('TOO_LARGE', 'The adapter is too large.'));
    await finished();
    const error = { code: 'TOO_LARGE', message: 'The adapter is too large.' };
    expect(frames('finished')[0]!.outcome).toEqual({ status: 'failed', error });
  });

  it('whose results did not arrive whole is sent again with them', async () => {
    const runner = await working();
    work[0]!.end();
    await finished();
    await runner.verdict('a', 1, 'retry');
    await finished(2);
    expect(deliveries).toHaveLength(2);
    expect(await readdir(dir)).toEqual(['a']);
  });

  it('that was made under an older fence is sent under the new one, and not made again', async () => {
    const runner = await working();
    work[0]!.end();
    await finished();
    await runner.accept(job('a', 2));
    await finished(2);
    expect(frames('finished')[1]).toMatchObject({ fence: 2, outcome: SUCCEEDED });
    expect(deliveries.map(({ path }) => path)).toEqual(['/results/1', '/results/2']);
    expect(work).toHaveLength(1);
  });

  it('is not cancelled any more once it was made', async () => {
    delivers = false;
    const runner = await working();
    work[0]!.end();
    await vi.waitFor(() => expect(deliveries).toHaveLength(1));
    await runner.cancel('a', 1);
    deliveries[0]!.end();
    await finished();
    await runner.cancel('a', 1);
    expect(frames('finished').map(({ outcome }) => outcome.status)).toEqual(['succeeded']);
  });

  it('comes behind the announcement of its job on a new connection, so that its last events count', async () => {
    const runner = await working();
    online = false;
    work[0]!.onEvent(note('last'));
    work[0]!.end();
    await vi.waitFor(async () => expect((await store.loadOwed(0, () => {}))[0]?.delivered).toBe(true));
    [online, sent] = [true, []];
    runner.connected();
    expect(sent.map(({ type }) => type)).toEqual(['accepted', 'events', 'finished']);
  });
});

describe('events', () => {
  it('go before the outcome, and with it again until there is a verdict', async () => {
    const runner = await working();
    work[0]!.onEvent(note('one'));
    work[0]!.onEvent(note('two'));
    work[0]!.end();
    await finished();
    runner.repeat();
    const told = sent.flatMap((frame) =>
      frame.type === 'events' ? [`${frame.seq}+${frame.events.length}`] : frame.type === 'finished' ? ['finished'] : [],
    );
    expect(told).toEqual(['1+2', 'finished', '1+2', 'finished']);
    runner.acknowledged('a', 1, 2);
    sent = [];
    runner.repeat();
    expect(sent.map(({ type }) => type)).toEqual(['finished']);
  });

  it('are held back without a connection, sent again until they are acknowledged, and numbered anew under a new fence', async () => {
    const runner = await working();
    online = false;
    for (const word of ['one', 'two']) work[0]!.onEvent(note(word));
    await new Promise((resolve) => setTimeout(resolve, 10));
    online = true;
    runner.connected();
    runner.acknowledged('a', 2, 2);
    runner.connected();
    runner.acknowledged('a', 1, 1);
    runner.connected();
    expect(frames('events').map(({ seq, events }) => [seq, events])).toEqual([
      [1, [note('one'), note('two')]],
      [1, [note('one'), note('two')]],
      [2, [note('two')]],
    ]);
    await runner.accept(job('a', 2));
    await vi.waitFor(() => expect(work).toHaveLength(2));
    sent = [];
    work[1]!.onEvent(note('anew'));
    await vi.waitFor(() => expect(frames('events')).toMatchObject([{ fence: 2, seq: 1 }]));
  });
});

it('tells under the next fence what the edge has not got of a run that was given up', async () => {
  const runner = newRunner();
  runner.connected();
  await runner.accept(job('a'));
  online = false;
  work[0]!.onEvent(note('told to nobody'));
  work[0]!.onEvent({ type: 'checkpointed', step: 1 });
  await runner.suspend();
  online = true;
  sent = [];
  runner.connected();
  await runner.accept(job('a', 2));
  await vi.waitFor(() => expect(sent.some(({ type }) => type === 'events')).toBe(true));
  const events = sent.flatMap((frame) => (frame.type === 'events' ? [[frame.fence, frame.seq, frame.events]] : []));
  expect(events).toEqual([[2, 1, [note('told to nobody')]]]);
});

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import type { Job, JobOutcome, NodeFrame } from '@tallrec/shared/wire/link';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeFileAtomically } from '../atomic-file.ts';
import { JobRunner, type RunJob } from './job-runner.ts';
import { JobStore } from './job-store.ts';

const data: Extract<Job, { kind: 'tune' }>['train'] = {
  kind: 'samples',
  sampling: { historyLength: 10, likedAbove: 3, noun: 'movie', parts: [8, 1, 1] },
  path: '/d',
  split: 'train',
};
function job(id: string, fence = 1): Job {
  const results = { configPath: '/c', weightsPath: '/w', reportPath: '/r' };
  const settings = tuningSettingsSchema.parse({});
  return { kind: 'tune', id, fence, model: 'm', settings, train: data, valid: null, init: null, results };
}
const FAILED: JobOutcome = { status: 'failed', error: { code: 'INTERNAL', message: 'scripted' } };

interface Work {
  job: Job;
  signal: AbortSignal;
  end: (outcome: JobOutcome) => void;
  fail: (error: Error) => void;
  progress: Parameters<RunJob>[1]['progress'];
}

let dir: string;
let sent: NodeFrame[];
let online: boolean;
let work: Work[];

function newRunner(): JobRunner {
  const runJob: RunJob = (given, { signal, progress }) =>
    new Promise((resolve, reject) => {
      work.push({ job: given, signal, end: resolve, fail: reject, progress });
      signal.addEventListener('abort', () => resolve({ status: 'cancelled' }));
    });
  const send = (frame: NodeFrame) => online && sent.push(frame) > 0;
  return new JobRunner({ store: new JobStore(dir), runJob, send, log: () => {}, nowMs: Date.now, progressMs: 1 });
}
const frames = <T extends NodeFrame['type']>(type: T) =>
  sent.filter((frame): frame is Extract<NodeFrame, { type: T }> => frame.type === type);
const finished = () => vi.waitFor(() => expect(frames('finished').length).toBeGreaterThan(0));

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'jobs-'));
  [sent, online, work] = [[], true, []];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('jobs', () => {
  it('run one at a time, in their order', async () => {
    const runner = newRunner();
    runner.connected();
    await runner.accept(job('a'));
    await runner.accept(job('b'));
    expect(work.map(({ job: { id } }) => id)).toEqual(['a']);
    expect(runner.runningJob).toBe('a');
    work[0]!.end(FAILED);
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
    const runner = newRunner();
    runner.connected();
    await runner.accept(job('a'));
    work[0]!.fail(new TallrecError('ENGINE_FAILED', 'The training process was killed.'));
    await finished();
    const error = { code: 'ENGINE_FAILED', message: 'The training process was killed.' };
    expect(frames('finished')[0]!.outcome).toEqual({ status: 'failed', error });
  });

  it('tell their outcome until it is recorded, over restarts of the service too', async () => {
    const runner = newRunner();
    runner.connected();
    await runner.accept(job('a'));
    online = false;
    work[0]!.end(FAILED);
    await vi.waitFor(() => expect(runner.runningJob).toBeNull());
    expect(frames('finished')).toEqual([]);

    online = true;
    const next = newRunner();
    await next.restore();
    next.connected();
    next.repeatOutcomes();
    expect(frames('finished').map(({ job: id, fence, outcome }) => ({ id, fence, outcome }))).toEqual(
      Array(2).fill({ id: 'a', fence: 1, outcome: FAILED }),
    );
    expect(frames('accepted')).toHaveLength(1);
    await next.recorded('a', 1);
    next.repeatOutcomes();
    expect(frames('finished')).toHaveLength(2);
    expect(await readdir(dir)).toEqual([]);
  });

  it('that were interrupted are not announced, and go on from their checkpoint when they are given again', async () => {
    const runner = newRunner();
    runner.connected();
    await runner.accept(job('a'));
    await writeFileAtomically(new JobStore(dir).paths('a').data('checkpoint'), ['state']);
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
    const runner = newRunner();
    runner.connected();
    await runner.accept(job('a', 2));
    await runner.accept(job('a', 1));
    expect(work).toHaveLength(1);
    await runner.accept(job('a', 3));
    expect(work[0]!.signal.aborted).toBe(true);
    await vi.waitFor(() => expect(work).toHaveLength(2));
    expect(work[1]!.job.fence).toBe(3);
    expect(frames('finished')).toEqual([]);
  });

  it('can be cancelled, running or waiting, but not under an older fence', async () => {
    const runner = newRunner();
    runner.connected();
    await runner.accept(job('a', 2));
    await runner.accept(job('b'));
    await runner.cancel('b', 1);
    await runner.cancel('a', 1);
    expect(work[0]!.signal.aborted).toBe(false);
    await runner.cancel('a', 2);
    await finished();
    expect(frames('finished').map(({ job: id, outcome }) => [id, outcome.status])).toEqual([
      ['b', 'cancelled'],
      ['a', 'cancelled'],
    ]);
    expect(work).toHaveLength(1);
  });

  it('stop with the lease, keep what they have, and are not announced afterwards', async () => {
    const runner = newRunner();
    runner.connected();
    await runner.accept(job('a'));
    await runner.suspend();
    expect(work[0]!.signal.aborted).toBe(true);
    expect(runner.runningJob).toBeNull();
    sent = [];
    runner.connected();
    expect(sent).toEqual([]);
    expect(await readdir(dir)).toEqual(['a']);
  });

  it('report progress in one frame a moment, and hold it back without a connection', async () => {
    const runner = newRunner();
    runner.connected();
    await runner.accept(job('a'));
    const note = (message: string) => ({ type: 'note', step: 0, message }) as const;
    online = false;
    for (const word of ['one', 'two']) work[0]!.progress({ kind: 'tune', events: [note(word)] });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(frames('progress')).toEqual([]);
    online = true;
    runner.connected();
    expect(frames('progress').map(({ progress }) => progress)).toEqual([
      { kind: 'tune', events: [note('one'), note('two')] },
    ]);
  });
});

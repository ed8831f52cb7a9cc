import { env } from 'cloudflare:workers';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import { JOB_STATES, JOB_TRANSITIONS } from '@tallrec/shared/wire/jobs';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeDeps } from '../../compose.ts';
import { parseEnv } from '../../env.ts';
import { findJob, moveJob } from '../../repo/jobs.ts';
import { jobs } from '../../repo/schema.ts';
import { call } from '../../testing/client.ts';
import { uploaded } from '../../testing/datasets.ts';
import { MODEL, nodeStatus, until } from '../../testing/fake-node.ts';
import {
  BLEND,
  createTuning,
  evaluationIn,
  evaluationReport,
  fetchEdge,
  finish,
  finishTuning,
  getTuning,
  JUDGED,
  nextJob,
  samplesDataset,
  sendFile,
  step,
  tuningIn,
} from '../../testing/job-node.ts';
import { joined, leaveRoom } from '../../testing/job-room.ts';
import { sweepJobs } from './sweep.ts';

const deps = makeDeps(parseEnv(env));
let dataset: string;

beforeAll(async () => {
  dataset = (await samplesDataset()).id;
});
afterEach(leaveRoom);

describe('a tuning', () => {
  it('waits for a node with its model, is given out, reports, and leaves an adapter', async () => {
    const { id, state } = await createTuning(dataset, { shots: 2, name: 'mine' });
    expect(state).toBe('queued');
    await joined(nodeStatus({ models: [] }));
    const node = await joined();
    const job = await nextJob(node, 'tune', id);
    expect(job).toMatchObject({
      fence: 1,
      model: MODEL,
      settings: { shots: 2, stage: 'rec' },
      valid: null,
      init: null,
      checkpoint: null,
      stopping: false,
    });
    expect(await tuningIn(id, 'dispatched', 'running')).toMatchObject({ node: node.id, fence: 1 });

    node.send({ type: 'accepted', job: id, fence: 1 });
    await tuningIn(id, 'running');
    const counts = { totalSteps: 10, trainSamples: 2, validSamples: 1, trainableParameters: 8 };
    const begun = {
      type: 'started',
      step: 0,
      ...counts,
      validRuleAuc: 0.625,
      provider: 'cpu',
      precision: 'f32',
    } as const;
    node.send({ type: 'events', job: id, fence: 1, seq: 1, events: [begun, step(1, 2), step(2)] });
    expect(await node.next('acknowledged')).toMatchObject({ job: id, fence: 1, seq: 3 });
    node.send({ type: 'events', job: id, fence: 1, seq: 3, events: [step(2), JUDGED] });
    expect(await node.next('acknowledged')).toMatchObject({ seq: 4 });
    const live = await until(
      () => getTuning(id),
      ({ progress }) => progress?.validAuc === 0.75,
    );
    expect(live.progress).toEqual({ step: 2, totalSteps: 10, loss: 1, validAuc: 0.75, etaMs: 100 });

    const adapter = await finishTuning(node, job, 'weights');
    const done = await getTuning(id);
    expect(done).toMatchObject({
      state: 'succeeded',
      adapter,
      bestValidAuc: 0.75,
      stopReason: 'finished',
      error: null,
    });
    expect(done.endedAt).not.toBeNull();
    const { body } = await call<Adapter>('GET', `/v1/adapters/${adapter}`);
    expect(body).toMatchObject({ id: adapter, name: 'mine', tuning: id, model: MODEL, metrics: { validAuc: 0.75 } });
    expect(body.blend).toEqual(BLEND);
    const more = await createTuning(dataset, { initAdapter: adapter });
    const { init } = await nextJob(node, 'tune', more.id);
    expect(init).toMatchObject({ id: adapter, blend: { bytes: expect.any(Number) } });
    // What it ranks with travels as a file of the adapter.
    const fetched = await fetchEdge(init!.blend!.path);
    expect(await fetched.json()).toMatchObject({ ...BLEND, items: { ratings: 1 } });
    await call('POST', `/v1/tunings/${more.id}/cancel`);

    const { body: curves } = await call('GET', `/v1/tunings/${id}/metrics`);
    expect(curves).toMatchObject({
      steps: [
        { step: 1, loss: 2 },
        { step: 2, loss: 1 },
      ],
      evaluations: [{ step: 2 }],
      validRuleAuc: 0.625,
    });
    expect((await call('GET', `/v1/tunings/${id}/report`)).status).toBe(200);
    const left = await env.BUCKET.list({ prefix: `ws/${(await findJob(deps.db, id))!.workspace}/jobs/${id}/` });
    expect(left.objects.map(({ key }) => key.split('/').at(-1)).sort()).toEqual(['events.jsonl', 'report.json']);
  });

  it('is refused for data that its stage cannot learn from, or that is not ready', async () => {
    const instructions = await uploaded('instructions', 'jsonl', '{"instruction":"a","input":"","output":"b"}\n');
    const rejected = await uploaded('samples', 'jsonl', '{"nonsense":1}\n');
    const foreign = dataset.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));
    for (const [body, code] of [
      [{ dataset: instructions.id }, 'VALIDATION_FAILED'],
      [{ dataset, stage: 'alpaca' }, 'VALIDATION_FAILED'],
      [{ dataset: rejected.id }, 'DATASET_REJECTED'],
      [{ dataset: foreign }, 'NOT_FOUND'],
      [{ dataset, initAdapter: 'nowhere' }, 'NOT_FOUND'],
    ] as const) {
      const answer = await call('POST', '/v1/tunings', { body: { model: MODEL, wait: true, ...body } });
      expect(answer.body.error).toMatchObject({ code });
    }
  });

  it('is refused for a model that no node holds, with what there is, unless it may wait', async () => {
    const node = await joined();
    const body = { model: 'unheard-of', dataset };
    const { status, body: answer } = await call('POST', '/v1/tunings', { body });
    expect([status, answer.error.retryable]).toEqual([404, false]);
    expect(answer.error).toMatchObject({ code: 'MODEL_UNKNOWN', details: { models: [MODEL] } });
    expect(JSON.stringify(answer.error.details)).toContain(node.id);
    expect((await call('POST', '/v1/tunings', { body: { ...body, wait: true } })).status).toBe(201);
  });

  it('fails with the words of its node, and the next one runs', async () => {
    const [first, second] = [await createTuning(dataset), await createTuning(dataset)];
    const node = await joined();
    const job = await nextJob(node, 'tune', first.id);
    expect((await getTuning(second.id)).state).toBe('queued');
    const error = { code: 'ENGINE_FAILED', message: 'The training process was killed.' } as const;
    expect(await finish(node, job, { status: 'failed', error })).toBe('applied');
    expect(await getTuning(first.id)).toMatchObject({ state: 'failed', error });
    await finishTuning(node, await nextJob(node, 'tune', second.id), 'second');
  });
});

describe('an evaluation', () => {
  it('is given out, shows its progress and keeps its report and predictions', async () => {
    const { body: created } = await call<{ id: string }>('POST', '/v1/evaluations', {
      body: { model: MODEL, dataset, split: 'all', limit: 2, wait: true },
    });
    const node = await joined();
    const job = await nextJob(node, 'evaluate', created.id);
    expect(job).toMatchObject({ limit: 2, adapter: null, train: null, data: { kind: 'samples', split: 'all' } });
    node.send({ type: 'accepted', job: job.id, fence: 1 });
    const progress = { type: 'progress', phase: 'score', done: 1, total: 2, etaMs: 5 } as const;
    node.send({ type: 'events', job: job.id, fence: 1, seq: 1, events: [progress] });
    await node.next('acknowledged');
    expect((await evaluationIn(job.id, 'running')).node).toBe(node.id);
    await sendFile(job, 'predictions.jsonl', '{"score":0.5}\n');
    const report = evaluationReport();
    const outcome = { status: 'succeeded', result: { kind: 'evaluate', report } } as const;
    expect(await finish(node, job, outcome)).toBe('applied');
    expect(await evaluationIn(job.id, 'succeeded')).toMatchObject({ report, progress: { done: 1, total: 2 } });
    expect((await call('GET', `/v1/evaluations/${job.id}/predictions`)).body).toEqual({ score: 0.5 });
  });
});

describe('cancelling', () => {
  it('ends a waiting tuning at once, and tells the node of a running one', async () => {
    const waiting = await createTuning(dataset);
    expect((await call('POST', `/v1/tunings/${waiting.id}/cancel`)).body).toMatchObject({ state: 'cancelled' });
    const running = await createTuning(dataset);
    const node = await joined();
    const job = await nextJob(node, 'tune', running.id);
    node.send({ type: 'accepted', job: running.id, fence: 1 });
    await tuningIn(running.id, 'running');
    expect((await call('POST', `/v1/tunings/${running.id}/cancel`)).body).toMatchObject({ state: 'cancelled' });
    expect(await node.next('cancel')).toMatchObject({ job: running.id, fence: 1 });
    expect((await call('POST', `/v1/tunings/${running.id}/cancel`)).status).toBe(200);

    // Until the node has stopped it gets no other job.
    const next = await createTuning(dataset);
    await scheduler.wait(100);
    expect(await getTuning(next.id)).toMatchObject({ state: 'queued', fence: 0 });
    expect(await finish(node, job, { status: 'cancelled' })).toBe('superseded');
    await nextJob(node, 'tune', next.id);
    expect((await getTuning(running.id)).state).toBe('cancelled');
  });

  it('is refused once the tuning has ended otherwise', async () => {
    const { id } = await createTuning(dataset);
    const node = await joined();
    await finishTuning(node, await nextJob(node, 'tune', id), 'done');
    for (const verb of ['cancel', 'resume', 'stop']) {
      const { status, body } = await call('POST', `/v1/tunings/${id}/${verb}`);
      expect([status, body.error.code]).toEqual([409, 'ILLEGAL_STATE']);
    }
  });
});

describe('stopping', () => {
  it('asks the node to keep what it has, and cancels what has nothing', async () => {
    const waiting = await createTuning(dataset);
    expect((await call('POST', `/v1/tunings/${waiting.id}/stop`)).body).toMatchObject({ state: 'cancelled' });
    const { id } = await createTuning(dataset);
    const node = await joined();
    const job = await nextJob(node, 'tune', id);
    node.send({ type: 'accepted', job: id, fence: 1 });
    await tuningIn(id, 'running');
    expect((await call('POST', `/v1/tunings/${id}/stop`)).body).toMatchObject({ state: 'running', stopping: true });
    expect(await node.next('stop')).toMatchObject({ job: id, fence: 1 });
    await finishTuning(node, job, 'the best so far');
    expect(await getTuning(id)).toMatchObject({ state: 'succeeded', stopping: true });
  });
});

describe('deleting', () => {
  it('takes a job with its bytes once it has ended, and not before', async () => {
    const { id } = await createTuning(dataset);
    expect((await call('DELETE', `/v1/tunings/${id}`)).body.error.code).toBe('ILLEGAL_STATE');
    const node = await joined();
    const adapter = await finishTuning(node, await nextJob(node, 'tune', id), 'to be deleted');
    await until(
      async () => (await findJob(deps.db, id))?.events,
      (events) => events === 'kept',
    );
    const { workspace } = (await findJob(deps.db, id))!;
    expect((await call('DELETE', `/v1/tunings/${id}`)).status).toBe(204);
    expect((await call('GET', `/v1/tunings/${id}`)).status).toBe(404);
    expect((await env.BUCKET.list({ prefix: `ws/${workspace}/jobs/${id}` })).objects).toEqual([]);
    expect((await call('GET', `/v1/adapters/${adapter}`)).status).toBe(200);
  });

  it('that was broken off is finished by the sweep', async () => {
    const { id } = await createTuning(dataset);
    await call('POST', `/v1/tunings/${id}/cancel`);
    const { workspace } = (await findJob(deps.db, id))!;
    await env.BUCKET.put(`ws/${workspace}/jobs/${id}/1/left-over`, 'x');
    await moveJob(deps.db, id, { to: 'deleting', nowMs: Date.now() });
    expect((await call('GET', `/v1/tunings/${id}`)).status).toBe(404);
    await sweepJobs(deps);
    expect(await findJob(deps.db, id)).toBeUndefined();
    expect((await env.BUCKET.list({ prefix: `ws/${workspace}/jobs/${id}` })).objects).toEqual([]);
  });
});

describe('a Workflow that is gone', () => {
  it('is replaced by the sweep while its job has not ended', async () => {
    const { id } = await createTuning(dataset);
    const { instance } = (await findJob(deps.db, id))!;
    await (await env.JOBS.get(instance!)).terminate();
    const node = await joined();
    const job = await nextJob(node, 'tune', id);
    await sweepJobs(deps);
    expect((await findJob(deps.db, id))!.instance).not.toBe(instance);
    await finishTuning(node, job, 'without its first Workflow');
    expect((await getTuning(id)).state).toBe('succeeded');
  });
});

describe('states', () => {
  it('move by JOB_TRANSITIONS and the fence alone, whatever is tried in whatever order', async () => {
    const state = fc.constantFrom(...JOB_STATES);
    const move = fc.record({ to: state, fence: fc.constantFrom(0, 1) });
    const { id } = await createTuning(dataset);
    await call('POST', `/v1/tunings/${id}/cancel`);
    await fc.assert(
      fc.asyncProperty(state, fc.array(move, { maxLength: 6 }), async (from, moves) => {
        await deps.db.update(jobs).set({ state: from, fence: 0 }).where(eq(jobs.id, id));
        let expected = from;
        for (const { to, fence } of moves) {
          const moved = await moveJob(deps.db, id, { to, fence, nowMs: 1 });
          const legal = fence === 0 && JOB_TRANSITIONS[expected].includes(to);
          expect(moved !== undefined).toBe(legal);
          if (legal) expected = to;
          expect((await findJob(deps.db, id))!.state).toBe(expected);
        }
      }),
      { numRuns: 30 },
    );
    await deps.db.update(jobs).set({ state: 'cancelled' }).where(eq(jobs.id, id));
  });
});

it('keeps what is another workspace’s out of every answer', async () => {
  const { newWorkspace } = await import('../../testing/client.ts');
  const { id } = await createTuning(dataset);
  const { key } = await newWorkspace('other');
  const absent = (await call('GET', `/v1/tunings/tun_${'0'.repeat(26)}`, { key })).body.error;
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/metrics'],
    ['GET', '/report'],
    ['GET', '/events'],
    ['POST', '/cancel'],
    ['POST', '/stop'],
    ['POST', '/resume'],
    ['DELETE', ''],
  ] as const) {
    const { status, body } = await call(method, `/v1/tunings/${id}${path}`, { key });
    expect([method, path, status]).toEqual([method, path, 404]);
    expect(body.error.message.replace(id, '')).toBe(absent.message.replace(/tun_0+/, ''));
  }
  const { body } = await call<{ items: Tuning[] }>('GET', '/v1/tunings', { key });
  expect(body.items).toEqual([]);
});

describe('the list of tunings', () => {
  it('is narrowed to a state, to all that have not ended, and by pages', async () => {
    const ended = await createTuning(dataset, { name: 'ended' });
    await call('POST', `/v1/tunings/${ended.id}/cancel`);
    const waiting = [await createTuning(dataset), await createTuning(dataset), await createTuning(dataset)];
    const listed = async (query: string) => {
      const { body } = await call<{ items: Tuning[]; nextCursor: string | null }>('GET', `/v1/tunings?${query}`);
      return { ids: body.items.map(({ id }) => id), next: body.nextCursor };
    };
    const ids = waiting.map(({ id }) => id).reverse();
    expect((await listed('state=unfinished&limit=100')).ids).toEqual(ids);
    expect((await listed('state=queued&limit=100')).ids).toEqual(ids);
    expect((await listed('state=cancelled&limit=100')).ids).toContain(ended.id);
    expect((await listed('state=cancelled&limit=100')).ids).not.toContain(ids[0]);
    expect((await listed('state=running')).ids).toEqual([]);
    const first = await listed('state=unfinished&limit=2');
    expect(first.ids).toEqual(ids.slice(0, 2));
    expect(await listed(`state=unfinished&limit=2&cursor=${first.next}`)).toEqual({ ids: ids.slice(2), next: null });
    expect((await call('GET', '/v1/tunings?state=deleting')).status).toBe(400);
  });
});

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { isTerminal, JOB_STATES, JOB_TRANSITIONS, type Tuning } from '@tallrec/shared/wire/tunings';
import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeDeps } from '../../deps.ts';
import { parseEnv } from '../../env.ts';
import type { NodeLink } from '../../nodes/node-link.ts';
import { findJob, moveJob } from '../../repo/jobs.ts';
import { tunings } from '../../repo/schema.ts';
import { call } from '../../testing/client.ts';
import { uploaded } from '../../testing/datasets.ts';
import { FakeNode, MODEL, nodeStatus, until } from '../../testing/fake-node.ts';
import {
  createTuning,
  evaluationIn,
  finishTuning,
  getTuning,
  nextJob,
  outcomeOf,
  readStream,
  samplesDataset,
  sendFile,
  step,
  tuningIn,
} from '../../testing/job-node.ts';
import { sweepJobs } from './sweep.ts';

const deps = makeDeps(parseEnv(env));
const nodes: FakeNode[] = [];
let dataset: string;

async function joined(status = nodeStatus()): Promise<FakeNode> {
  const node = await FakeNode.joined(status);
  nodes.push(node);
  return node;
}
beforeAll(async () => {
  dataset = (await samplesDataset()).id;
});
afterEach(async () => {
  for (const node of nodes.splice(0)) {
    node.drop();
    await call('DELETE', `/v1/nodes/${node.id}`);
  }
  const { body } = await call<{ items: Tuning[] }>('GET', '/v1/tunings');
  for (const { id, state } of body.items) if (!isTerminal(state)) await call('POST', `/v1/tunings/${id}/cancel`);
});

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
    });
    expect(await tuningIn(id, 'dispatched', 'running')).toMatchObject({ node: node.id, fence: 1 });

    node.send({ type: 'accepted', job: id, fence: 1 });
    await tuningIn(id, 'running');
    const judged = { type: 'evaluated', step: 2, validAuc: 0.75, validLoss: 0.5, best: true } as const;
    node.send({ type: 'progress', job: id, fence: 1, progress: { kind: 'tune', events: [step(1, 2), step(2)] } });
    node.send({ type: 'progress', job: id, fence: 1, progress: { kind: 'tune', events: [judged] } });
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
    const { body } = await call('GET', `/v1/adapters/${adapter}`);
    expect(body).toMatchObject({ id: adapter, name: 'mine', tuning: id, model: MODEL, metrics: { validAuc: 0.75 } });
    const blend = { weights: { logit: 0.5, historyShare: 2 }, samples: 20 };
    expect(body).toMatchObject({ blend });
    const more = await createTuning(dataset, { initAdapter: adapter });
    expect((await nextJob(node, 'tune', more.id)).init).toMatchObject({ id: adapter, blend });
    await call('POST', `/v1/tunings/${more.id}/cancel`);
    const { body: curves } = await call('GET', `/v1/tunings/${id}/metrics`);
    expect(curves).toMatchObject({
      steps: [
        { step: 1, loss: 2 },
        { step: 2, loss: 1 },
      ],
      evaluations: [{ step: 2 }],
    });

    const { events } = await readStream(id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    expect(events.map(({ event }) => (event.type === 'state' ? event.state : event.type))).toEqual([
      'queued',
      'dispatched',
      'running',
      'step',
      'step',
      'evaluated',
      'succeeded',
    ]);
    expect((await readStream(id, 5)).events.map(({ seq }) => seq)).toEqual([6, 7]);
  });

  it('keeps an open stream alive, and ends it with the tuning', async () => {
    const { id } = await createTuning(dataset);
    const reading = readStream(id);
    await scheduler.wait(250);
    await call('POST', `/v1/tunings/${id}/cancel`);
    const { text, events } = await reading;
    expect(text).toContain(': still here');
    expect(events.at(-1)!.event).toEqual({ type: 'state', state: 'cancelled', error: null });
  });

  it('is refused for data that its stage cannot learn from, or that is not ready', async () => {
    const instructions = await uploaded('instructions', 'jsonl', '{"instruction":"a","input":"","output":"b"}\n');
    const rejected = await uploaded('samples', 'jsonl', '{"nonsense":1}\n');
    for (const [body, code] of [
      [{ model: MODEL, dataset: instructions.id }, 'VALIDATION_FAILED'],
      [{ model: MODEL, dataset, stage: 'alpaca' }, 'VALIDATION_FAILED'],
      [{ model: MODEL, dataset: rejected.id }, 'DATASET_REJECTED'],
      [{ model: MODEL, dataset: dataset.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')) }, 'NOT_FOUND'],
      [{ model: MODEL, dataset, initAdapter: 'nowhere' }, 'NOT_FOUND'],
    ] as const) {
      expect((await call('POST', '/v1/tunings', { body })).body.error).toMatchObject({ code });
    }
  });

  it('fails with the words of its node, and the next one runs', async () => {
    const [first, second] = [await createTuning(dataset), await createTuning(dataset)];
    const node = await joined();
    const job = await nextJob(node, 'tune', first.id);
    expect((await getTuning(second.id)).state).toBe('queued');
    const error = { code: 'ENGINE_FAILED', message: 'The training process was killed.' } as const;
    node.send({ type: 'finished', job: job.id, fence: job.fence, outcome: { status: 'failed', error } });
    await node.next('recorded');
    expect(await getTuning(first.id)).toMatchObject({ state: 'failed', error });
    await finishTuning(node, await nextJob(node, 'tune', second.id), 'second');
    await tuningIn(second.id, 'succeeded');
  });

  it('fails when what arrived is not what the node made', async () => {
    const { id } = await createTuning(dataset);
    const node = await joined();
    const job = await nextJob(node, 'tune', id);
    await sendFile(job.results.configPath, 'config');
    await sendFile(job.results.weightsPath, 'something else');
    const outcome = await outcomeOf('config', 'the weights');
    node.send({ type: 'finished', job: id, fence: 1, outcome });
    expect((await tuningIn(id, 'failed', 'succeeded')).error).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  });
});

describe('a fence', () => {
  it('makes what comes under an older one change nothing', async () => {
    const { id } = await createTuning(dataset);
    const lost = await joined();
    const old = await nextJob(lost, 'tune', id);
    lost.send({ type: 'accepted', job: id, fence: 1 });
    lost.fallSilent();
    const other = await joined();
    const job = await nextJob(other, 'tune', id);
    expect(job.fence).toBe(2);
    other.send({ type: 'accepted', job: id, fence: 2 });
    await tuningIn(id, 'running');

    expect((await sendFile(old.results.weightsPath, 'stale')).status).toBe(409);
    await lost.connect();
    lost.send({ type: 'accepted', job: id, fence: 1 });
    expect(await lost.next('cancel')).toMatchObject({ job: id, fence: 1 });
    lost.send({ type: 'progress', job: id, fence: 1, progress: { kind: 'tune', events: [step(9)] } });
    expect(await lost.next('cancel')).toMatchObject({ job: id, fence: 1 });
    lost.send({ type: 'finished', job: id, fence: 1, outcome: { status: 'cancelled' } });
    await lost.next('recorded');
    expect(await getTuning(id)).toMatchObject({ state: 'running', fence: 2, node: other.id, progress: null });

    await finishTuning(other, job, 'by the other');
    const before = await getTuning(id);
    other.send({ type: 'finished', job: id, fence: 2, outcome: { status: 'cancelled' } });
    await other.next('recorded');
    expect(await getTuning(id)).toEqual(before);
  });
});

describe('a node that is lost', () => {
  it('keeps its job when it is back within the lease and still has it', async () => {
    const { id } = await createTuning(dataset);
    const node = await joined();
    const job = await nextJob(node, 'tune', id);
    node.send({ type: 'accepted', job: id, fence: 1 });
    await tuningIn(id, 'running');
    await node.connect();
    node.send({ type: 'accepted', job: id, fence: 1 });
    await node.announce();
    await scheduler.wait(1200);
    expect(await getTuning(id)).toMatchObject({ state: 'running', fence: 1 });
    await finishTuning(node, job, 'after a while');
    await tuningIn(id, 'succeeded');
  });

  it('gets its job anew when it comes back without it, but only once', async () => {
    const { id } = await createTuning(dataset);
    const node = await joined();
    await nextJob(node, 'tune', id);
    await node.connect();
    await node.announce();
    expect((await nextJob(node, 'tune', id)).fence).toBe(2);
    await node.connect();
    await node.announce();
    const { error, state } = await tuningIn(id, 'failed');
    expect({ error, state }).toMatchObject({ state: 'failed', error: { code: 'NODE_UNAVAILABLE' } });
    expect(error!.message).toMatch(/node went away 2 times.*resume/);

    const { body } = await call<Tuning>('POST', `/v1/tunings/${id}/resume`);
    expect(body).toMatchObject({ state: 'queued', error: null });
    const job = await nextJob(node, 'tune', id);
    expect(job.fence).toBe(3);
    await finishTuning(node, job, 'resumed');
    await tuningIn(id, 'succeeded');
  });

  it('has a lease to be heard again when it was the edge that was away', async () => {
    const { id } = await createTuning(dataset);
    const node = await joined();
    await nextJob(node, 'tune', id);
    const link = env.NODE_LINK.get(env.NODE_LINK.idFromName(node.id));
    node.drop();
    await scheduler.wait(50);
    await runInDurableObject(link, async (object: NodeLink, { storage }) => {
      storage.kv.put('heardAtMs', Date.now() - 60_000);
      storage.kv.put('alarmAtMs', Date.now() - 60_000);
      await object.alarm();
    });
    expect(await link.holds(id, 1)).toBe(true);
    await node.connect();
    node.send({ type: 'accepted', job: id, fence: 1 });
    await node.announce();
    await scheduler.wait(1200);
    expect(await getTuning(id)).toMatchObject({ state: 'running', fence: 1 });
  });

  it('fails its job after a while when no other comes', async () => {
    const { id } = await createTuning(dataset);
    const node = await joined();
    await nextJob(node, 'tune', id);
    node.drop();
    expect(await tuningIn(id, 'failed')).toMatchObject({ error: { code: 'NODE_UNAVAILABLE' } });
  });
});

describe('cancelling', () => {
  it('ends a waiting tuning at once, and tells the node of a running one', async () => {
    const waiting = await createTuning(dataset);
    expect((await call('POST', `/v1/tunings/${waiting.id}/cancel`)).body).toMatchObject({ state: 'cancelled' });
    const running = await createTuning(dataset);
    const node = await joined();
    await nextJob(node, 'tune', running.id);
    node.send({ type: 'accepted', job: running.id, fence: 1 });
    await tuningIn(running.id, 'running');
    expect((await call('POST', `/v1/tunings/${running.id}/cancel`)).body).toMatchObject({ state: 'cancelled' });
    expect(await node.next('cancel')).toMatchObject({ job: running.id, fence: 1 });
    expect((await call('POST', `/v1/tunings/${running.id}/cancel`)).status).toBe(200);

    // Until the node has stopped it gets no other job.
    const next = await createTuning(dataset);
    await scheduler.wait(100);
    expect((await getTuning(next.id)).state).toBe('queued');
    node.send({ type: 'finished', job: running.id, fence: 1, outcome: { status: 'cancelled' } });
    await nextJob(node, 'tune', next.id);
    expect((await getTuning(running.id)).state).toBe('cancelled');
  });

  it('is refused once the tuning has ended otherwise', async () => {
    const { id } = await createTuning(dataset);
    const node = await joined();
    await finishTuning(node, await nextJob(node, 'tune', id), 'done');
    expect(await call('POST', `/v1/tunings/${id}/cancel`)).toMatchObject({
      status: 409,
      body: { error: { code: 'ILLEGAL_STATE' } },
    });
    expect((await call('POST', `/v1/tunings/${id}/resume`)).body.error).toMatchObject({ code: 'ILLEGAL_STATE' });
  });
});

describe('a Workflow that is gone', () => {
  it('does not keep an outcome from the record', async () => {
    const { id } = await createTuning(dataset);
    const node = await joined();
    const job = await nextJob(node, 'tune', id);
    const { instance } = (await findJob(deps.db, id))!;
    await (await env.TUNING.get(instance!)).terminate();
    await finishTuning(node, job, 'without a Workflow');
    expect((await getTuning(id)).state).toBe('succeeded');
  });

  it('is replaced by the sweep while its job has not ended', async () => {
    const { id } = await createTuning(dataset);
    const { instance } = (await findJob(deps.db, id))!;
    await (await env.TUNING.get(instance!)).terminate();
    const node = await joined();
    await scheduler.wait(50);
    expect((await getTuning(id)).state).toBe('queued');
    await sweepJobs(deps);
    await finishTuning(node, await nextJob(node, 'tune', id), 'swept');
    expect((await findJob(deps.db, id))!.instance).not.toBe(instance);
    await tuningIn(id, 'succeeded');
  });
});

describe('an evaluation', () => {
  it('is given out, shows its progress and keeps its report and predictions', async () => {
    const { body: created } = await call<{ id: string }>('POST', '/v1/evaluations', {
      body: { model: MODEL, dataset, split: 'all', limit: 2 },
    });
    const node = await joined();
    const job = await nextJob(node, 'evaluate', created.id);
    expect(job).toMatchObject({ limit: 2, adapter: null, train: null, data: { kind: 'samples', split: 'all' } });
    node.send({ type: 'accepted', job: job.id, fence: 1 });
    const progress = { kind: 'evaluate', phase: 'score', done: 1, total: 2, etaMs: 5 } as const;
    node.send({ type: 'progress', job: job.id, fence: 1, progress });
    expect((await evaluationIn(job.id, 'running')).node).toBe(node.id);
    await sendFile(job.results.predictionsPath, '{"score":0.5}\n');
    const rules = { ruleAuc: 0.5, rulePerUserAuc: null, popularityAuc: null, popularityPerUserAuc: null };
    const blend = { blendAuc: 0.75, blendPerUserAuc: null };
    const numbers = { n: 2, users: 0, usersInferred: false, likedShare: 0.5, tokens: 9, durationMs: 1 };
    const report = {
      auc: 1,
      interval: null,
      perUserAuc: null,
      ...rules,
      ...blend,
      ...numbers,
      fit: null,
      template: 'clean',
      precision: 'f32',
      provider: 'cpu',
    } as const;
    const outcome = { status: 'succeeded', result: { kind: 'evaluate', report } } as const;
    node.send({ type: 'finished', job: job.id, fence: 1, outcome });
    await node.next('recorded');
    expect(await evaluationIn(job.id, 'succeeded')).toMatchObject({ report, progress: { done: 1, total: 2 } });
    expect((await call('GET', `/v1/evaluations/${job.id}/predictions`)).body).toEqual({ score: 0.5 });
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
        await deps.db.update(tunings).set({ state: from, fence: 0 }).where(eq(tunings.id, id));
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
    await deps.db.update(tunings).set({ state: 'cancelled' }).where(eq(tunings.id, id));
  });
});

// What a node has finished is never lost: each test is a way in which it once was.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { JobOutcome } from '@tallrec/shared/wire/link';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeDeps } from '../../compose.ts';
import type { Deps } from '../../deps.ts';
import { parseEnv } from '../../env.ts';
import type { NodeLink } from '../../nodes/node-link.ts';
import { findJob, moveJob } from '../../repo/jobs.ts';
import { call } from '../../testing/client.ts';
import { type FakeNode, until } from '../../testing/fake-node.ts';
import {
  CONFIG,
  createTuning,
  finish,
  finishTuning,
  getTuning,
  nextJob,
  outcomeOf,
  samplesDataset,
  sendAdapter,
  sendFile,
  step,
  tuningIn,
} from '../../testing/job-node.ts';
import { joined, leaveRoom, untilSwept } from '../../testing/job-room.ts';
import { publishJob } from './reports.ts';

const deps = makeDeps(parseEnv(env));
let dataset: string;

beforeAll(async () => {
  dataset = (await samplesDataset()).id;
});
afterEach(leaveRoom);

async function dispatched() {
  const { id } = await createTuning(dataset);
  const node = await joined();
  return { id, node, job: await nextJob(node, 'tune', id) };
}

async function running() {
  const given = await dispatched();
  given.node.send({ type: 'accepted', job: given.id, fence: given.job.fence });
  await tuningIn(given.id, 'running');
  return given;
}

/** The bucket, whose next puts and copies fail as R2 does in passing. */
function failing(bucket: R2Bucket, times: number): R2Bucket {
  let left = times;
  return new Proxy(bucket, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name === 'put' && left-- > 0) {
          return Promise.reject(new Error('put: We encountered an internal error. Please try again. (10001)'));
        }
        return value.apply(target, args);
      };
    },
  });
}

describe('publishing', () => {
  it('takes a passing fault of the storage for no mismatch, and does it again', async () => {
    const { id, node, job } = await running();
    await sendAdapter(job, 'fine weights');
    const outcome = await outcomeOf(CONFIG, 'fine weights');
    // As its Workflow does, but with a storage that fails at first.
    await moveJob(deps.db, id, { to: 'publishing', fence: 1, nowMs: Date.now(), change: { outcome } });
    const faulty: Deps = { ...deps, bucket: failing(env.BUCKET, 1) };
    await expect(publishJob(faulty, id)).rejects.toThrow(/internal error/);
    expect((await getTuning(id)).state).toBe('publishing');
    expect(await publishJob(faulty, id)).toBe('done');
    expect(await node.next('verdict')).toMatchObject({ job: id, verdict: 'applied' });
    expect((await getTuning(id)).state).toBe('succeeded');
  });

  it('asks for the files again when they are not what the node made, and gives up after some times', async () => {
    const { id, node, job } = await running();
    const outcome = await outcomeOf(CONFIG, 'the weights');
    for (let time = 0; time < 2; time++) {
      await sendAdapter(job, 'something else');
      expect(await finish(node, job, outcome)).toBe('retry');
      expect(await getTuning(id)).toMatchObject({ state: 'running', error: { code: 'CHECKSUM_MISMATCH' } });
    }
    await sendAdapter(job, 'something else');
    expect(await finish(node, job, outcome)).toBe('applied');
    expect(await getTuning(id)).toMatchObject({ state: 'failed', error: { code: 'CHECKSUM_MISMATCH' } });
  });

  it('succeeds with what was sent the second time', async () => {
    const { id, node, job } = await running();
    await sendAdapter(job, 'something else');
    expect(await finish(node, job, await outcomeOf(CONFIG, 'the right weights'))).toBe('retry');
    await finishTuning(node, job, 'the right weights');
    expect((await getTuning(id)).state).toBe('succeeded');
  });
});

describe('a node that finished and was away', () => {
  it('is heard after its lease, while nobody else has the job', async () => {
    const { id, node, job } = await running();
    node.fallSilent();
    await tuningIn(id, 'queued');
    await node.connect();
    // Before it says that it is free, and would be given the job again.
    await sendAdapter(job, 'finished in the dark');
    expect(await finish(node, job, await outcomeOf(CONFIG, 'finished in the dark'))).toBe('applied');
    expect(await getTuning(id)).toMatchObject({ state: 'succeeded', fence: 1 });
  });

  it('is heard even when the job was given up as lost', async () => {
    const { id, node, job } = await running();
    node.drop();
    const lost = await untilSwept(
      deps,
      () => getTuning(id),
      ({ state }) => state === 'failed',
    );
    expect(lost).toMatchObject({ error: { code: 'NODE_UNAVAILABLE' } });
    await node.connect();
    await sendAdapter(job, 'late but whole');
    expect(await finish(node, job, await outcomeOf(CONFIG, 'late but whole'))).toBe('applied');
    expect(await getTuning(id)).toMatchObject({ state: 'succeeded', error: null });
  });

  it('is told that it is too late when another has the job', async () => {
    const { id, node: lost, job: old } = await running();
    lost.fallSilent();
    const other = await joined();
    const job = await nextJob(other, 'tune', id);
    expect(job.fence).toBe(2);
    other.send({ type: 'accepted', job: id, fence: 2 });
    await tuningIn(id, 'running');

    expect((await sendFile(old, 'adapter_model.safetensors', 'stale')).status).toBe(409);
    await lost.connect();
    lost.send({ type: 'accepted', job: id, fence: 1 });
    expect(await lost.next('cancel')).toMatchObject({ job: id, fence: 1 });
    lost.send({ type: 'events', job: id, fence: 1, seq: 1, events: [step(9)] });
    expect(await lost.next('cancel')).toMatchObject({ job: id, fence: 1 });
    expect(await finish(lost, old, await outcomeOf(CONFIG, 'stale'))).toBe('superseded');
    expect(await getTuning(id)).toMatchObject({ state: 'running', fence: 2, node: other.id, progress: null });

    await finishTuning(other, job, 'by the other');
    const before = await getTuning(id);
    expect(await finish(other, job, { status: 'cancelled' })).toBe('applied');
    expect(await getTuning(id)).toEqual(before);
  });
});

it('lets results in a year after the job was given out: its fence guards them, not the clock', async () => {
  const { id, node, job } = await running();
  const payload = JSON.parse(
    atob(job.resultsPath.split('/').at(-1)!.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')),
  );
  expect(payload).toEqual({ op: 'put-results', job: id, fence: 1 });
  expect(JSON.stringify(job)).not.toContain('"exp"');
  await finishTuning(node, job, 'after a year');
});

describe('a dispatch', () => {
  it('that is not accepted in time goes back to the queue, though the node is alive', async () => {
    const { id, node } = await dispatched();
    const { error } = await until(
      () => getTuning(id),
      ({ state, error }) => state === 'queued' && error !== null,
    );
    expect(error).toMatchObject({ code: 'NODE_TIMEOUT', message: expect.stringContaining(node.id) });
    expect(await node.next('cancel')).toMatchObject({ job: id, fence: 1 });
    expect(node.closed).toBeUndefined();
    // It comes round again, and that counted for nothing.
    await untilSwept(
      deps,
      () => getTuning(id),
      ({ state }) => state === 'dispatched',
    );
    const again = await nextJob(node, 'tune', id);
    expect(again.fence).toBeGreaterThan(1);
    await finishTuning(node, again, 'in the end');
  });

  it('that is declined goes back to the queue with the node’s words, and to another node', async () => {
    const { id, node } = await dispatched();
    const other = await joined();
    const error = { code: 'ENGINE_FAILED', message: 'No space left on device.' } as const;
    node.send({ type: 'declined', job: id, fence: 1, error });
    const job = await nextJob(other, 'tune', id);
    expect(job.fence).toBe(2);
    await finishTuning(other, job, 'elsewhere');
    expect((await getTuning(id)).node).toBe(other.id);
  });

  it('of a node that is alone is told in words while it waits', async () => {
    const { id, node } = await dispatched();
    const error = { code: 'ENGINE_FAILED', message: 'No space left on device.' } as const;
    node.send({ type: 'declined', job: id, fence: 1, error });
    const waiting = await until(
      () => getTuning(id),
      (tuning) => tuning.error !== null,
    );
    expect(waiting).toMatchObject({ state: 'queued', error: { message: expect.stringContaining('No space left') } });
  });
});

it('a frame that the edge does not know sends the node away for good, and the list of nodes says why', async () => {
  const { node } = await dispatched();
  node.socket.send(JSON.stringify({ type: 'hologram' }));
  await until(
    async () => node.closed,
    (closed) => closed !== undefined,
  );
  expect(node.closed).toMatchObject({ code: 4010 });
  const { body } = await until(
    () => call<{ state: string }>('GET', `/v1/nodes/${node.id}`),
    ({ body }) => body.state === 'upgrade',
  );
  expect(body.state).toBe('upgrade');
});

describe('attempts', () => {
  /** The node is gone and back, and has forgotten the job. */
  async function reboot(node: FakeNode): Promise<void> {
    await node.connect();
    await node.announce();
  }

  it('start anew with progress: reboots over a long life do not add up', async () => {
    const { id, node } = await running();
    for (let time = 1; time <= 5; time++) {
      node.send({ type: 'events', job: id, fence: time, seq: 1, events: [step(time)] });
      await node.next('acknowledged');
      await reboot(node);
      const job = await nextJob(node, 'tune', id);
      expect(job.fence).toBe(time + 1);
      node.send({ type: 'accepted', job: id, fence: job.fence });
      await until(
        () => getTuning(id),
        ({ state, fence }) => state === 'running' && fence === job.fence,
      );
    }
  });

  it('without progress come to an end, and resuming begins anew', async () => {
    const { id, node } = await dispatched();
    for (let fence = 2; fence <= 3; fence++) {
      await reboot(node);
      expect((await nextJob(node, 'tune', id)).fence).toBe(fence);
    }
    await reboot(node);
    const { error } = await tuningIn(id, 'failed');
    expect(error).toMatchObject({ code: 'NODE_UNAVAILABLE', message: expect.stringMatching(/3 times.*resume/) });
    expect((await call('POST', `/v1/tunings/${id}/resume`)).body).toMatchObject({ state: 'queued', error: null });
    const job = await nextJob(node, 'tune', id);
    expect(job.fence).toBe(4);
    await finishTuning(node, job, 'resumed');
  });
});

describe('a checkpoint', () => {
  it('on the edge goes with the job to another node, and the one before it goes', async () => {
    const { id, node, job } = await running();
    for (const at of [10, 20]) {
      for (const [file, text] of [
        ['state.json', `{"step":${at}}`],
        ['adapter.safetensors', `weights ${at}`],
      ] as const) {
        expect((await sendFile(job, `checkpoint-${at}/${file}`, text)).status).toBe(200);
      }
      node.send({ type: 'events', job: id, fence: 1, seq: at / 10, events: [{ type: 'checkpointed', step: at }] });
      await node.next('acknowledged');
    }
    expect((await getTuning(id)).checkpointStep).toBe(20);
    const { workspace } = (await findJob(deps.db, id))!;
    const { objects } = await env.BUCKET.list({ prefix: `ws/${workspace}/jobs/${id}/1/checkpoint-` });
    expect(objects.map(({ key }) => key.split('/').slice(-2).join('/')).sort()).toEqual([
      'checkpoint-20/adapter.safetensors',
      'checkpoint-20/state.json',
    ]);

    node.fallSilent();
    const other = await joined();
    const next = await nextJob(other, 'tune', id);
    expect(next.checkpoint).toMatchObject({ step: 20 });
    const state = next.checkpoint!.files.find(({ file }) => file === 'state.json')!;
    const read = await call('GET', state.path, { key: null });
    expect(read.body).toEqual({ step: 20 });
  });

  it('on a node’s own disk brings the job back to it while it is free', async () => {
    const { id, node } = await running();
    const other = await joined();
    await node.connect();
    await node.announce();
    const job = await nextJob(node, 'tune', id);
    expect(job.fence).toBe(2);
    expect(other.frames.filter(({ type }) => type === 'job')).toEqual([]);
  });
});

describe('a lease', () => {
  it('holds for a node that is back within it and still has the job', async () => {
    const { id, node, job } = await running();
    await node.connect();
    node.send({ type: 'accepted', job: id, fence: 1 });
    await node.announce();
    await scheduler.wait(1200);
    expect(await getTuning(id)).toMatchObject({ state: 'running', fence: 1 });
    await finishTuning(node, job, 'after a while');
  });

  it('is given anew when it was the edge that was away', async () => {
    const { id, node } = await running();
    const link = env.NODE_LINK.get(env.NODE_LINK.idFromName(node.id)) as unknown as DurableObjectStub<NodeLink>;
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
});

it('an outcome of another kind of job fails it with words', async () => {
  const { id, node, job } = await running();
  const outcome: JobOutcome = { status: 'succeeded', result: { kind: 'score', rows: 1, tokens: 1, bytes: 1 } };
  expect(await finish(node, job, outcome)).toBe('applied');
  expect(await getTuning(id)).toMatchObject({ state: 'failed', error: { code: 'INTERNAL' } });
});

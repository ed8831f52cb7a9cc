// Jobs whose processes are really killed: what had ended is not lost, what had not goes on, and the next one runs.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { toInstructionRow } from '@tallrec/shared/sample';
import { isTerminal, type JobEvent, type SequencedEvent } from '@tallrec/shared/wire/jobs';
import { tuningSchema } from '@tallrec/shared/wire/tunings';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { demoRatings } from '../gpu-node/src/demo/ratings.ts';
import type { Child } from '../gpu-node/src/dev/child-process.ts';
import { type Machine, startMachine } from './support/machine.ts';

const LEASE_MS = 12_000;

let machine: Machine;
let node: Child;
let model: string;
let dataset: string;

beforeAll(async () => {
  machine = await startMachine({ LEASE_MS: String(LEASE_MS), CHECKPOINT_UPLOAD_MS: '0', STEP_RETRY_MS: '500' });
  node = await machine.startNode();
  const { items } = await machine.client.get(
    '/v1/models',
    z.object({ items: z.array(z.object({ name: z.string() })) }),
  );
  model = items[0]!.name;
  const samples = buildSamples((await demoRatings()).ratings, samplingSchema.parse({})).slice(0, 120);
  const bytes = new TextEncoder().encode(JSON.stringify(samples.map(toInstructionRow)));
  const ready = await machine.client.upload({ name: 'few', kind: 'samples', format: 'json' }, bytes);
  expect(ready.state).toBe('ready');
  dataset = ready.id;
});
afterAll(() => machine?.stop());

const tune = (maxSteps: number, evaluateEverySteps = 5) =>
  machine.client.post(
    '/v1/tunings',
    {
      model,
      dataset,
      shots: 16,
      hyperParameters: { batchSize: 8, epochs: 10_000, patience: 10_000, maxSteps, evaluateEverySteps },
    },
    tuningSchema,
  );
const get = (id: string) => machine.client.get(`/v1/tunings/${id}`, tuningSchema);
const ended = (id: string) => machine.client.until(`/v1/tunings/${id}`, tuningSchema, ({ state }) => isTerminal(state));
const post = (id: string, verb: 'stop' | 'cancel') => machine.client.post(`/v1/tunings/${id}/${verb}`, {}, z.unknown());

/** Follows a job until an event is the one that was waited for. */
async function seen(id: string, wanted: (event: JobEvent) => boolean, after = 0): Promise<SequencedEvent> {
  for await (const event of machine.client.events('tuning', id))
    if (event.seq > after && wanted(event.event)) return event;
  throw new Error(`${id} ended without the event; ${machine.log.slice(-20).join('\n')}`);
}
async function story(id: string): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const { event } of machine.client.events('tuning', id)) events.push(event);
  return events;
}
const steps = (events: readonly JobEvent[]) => events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
const starts = (events: readonly JobEvent[]) =>
  events.flatMap((event) => (event.type === 'started' ? [event.step] : []));

async function kill(child: Child): Promise<void> {
  process.kill(child.pid!, 'SIGKILL');
  await child.exited;
}

/** Process ids of the engine processes that the node has started. */
function engines(kind: 'train' | 'score'): number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(node.pid)], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line.includes('engine') && line.includes(kind))
    .map((line) => Number.parseInt(line, 10));
}

async function nextOneRuns(): Promise<void> {
  const { id } = await tune(2);
  expect(await ended(id)).toMatchObject({ state: 'succeeded', error: null });
}

it('SIGKILL to the training engine: the tuning fails with words, scoring goes on, the next one runs', async () => {
  const { id } = await tune(100_000);
  await seen(id, ({ type }) => type === 'step');
  const [pid] = engines('train');
  expect(pid).toBeGreaterThan(0);
  process.kill(pid!, 'SIGKILL');
  const scored = machine.client.post(
    '/v1/score',
    { model, samples: [{ history: [], target: { title: 'Toy Story (1995)' } }] },
    z.object({ scores: z.array(z.unknown()).length(1) }),
  );
  const tuning = await ended(id);
  expect(tuning.state).toBe('failed');
  expect(tuning.error).toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringMatching(/\w{4}/) });
  await scored;
  await nextOneRuns();
});

it('SIGKILL to the node, again and again: its engines end with it, and with progress between the tuning goes on each time', async () => {
  const { id } = await tune(100_000);
  let reached = 0;
  for (let time = 1; time <= 4; time++) {
    const furthest = reached;
    const { event } = await seen(id, (one) => one.type === 'checkpointed' && one.step > furthest);
    reached = event.type === 'checkpointed' ? event.step : 0;
    const orphans = [...engines('train'), ...engines('score')];
    expect(orphans.length).toBeGreaterThan(0);
    await kill(node);
    await expect.poll(() => orphans.filter(isAlive), { timeout: 20_000 }).toEqual([]);
    node = await machine.startNode();
  }
  await seen(id, (one) => one.type === 'checkpointed' && one.step > reached);
  await post(id, 'stop');
  expect(await ended(id)).toMatchObject({ state: 'succeeded', error: null, fence: 5, stopReason: 'stopped' });
  const begun = starts(await story(id));
  expect(begun).toHaveLength(5);
  expect(begun[0]).toBe(0);
  expect(begun.slice(1).every((step, at) => step > (begun[at] ?? 0))).toBe(true);
  await nextOneRuns();
});

it('a node that is killed once it has finished, and is back after its lease: its result is applied', async () => {
  // No evaluation but the last: nothing is sent to the edge while it stands still.
  const { id } = await tune(6, 1000);
  await seen(id, ({ type }) => type === 'step');
  machine.edge.signal('SIGSTOP');
  try {
    const record = join(machine.homeOf(), 'jobs', id, 'job.json');
    const outcome = async () => JSON.parse(await readFile(record, 'utf8')).outcome?.status;
    await expect.poll(outcome, { timeout: LEASE_MS - 1_000, interval: 20 }).toBe('succeeded');
    await kill(node);
  } finally {
    machine.edge.signal('SIGCONT');
  }
  await machine.client.until(`/v1/tunings/${id}`, tuningSchema, ({ state }) => state === 'queued');
  node = await machine.startNode();
  expect(await ended(id)).toMatchObject({ state: 'succeeded', error: null, stopReason: 'max-steps' });
  const told = await story(id);
  expect(starts(told)).toEqual([0]);
  expect(new Set(steps(told)).size).toBe(steps(told).length);
  // Only now is it deleted there.
  await expect
    .poll(() =>
      readFile(join(machine.homeOf(), 'jobs', id, 'job.json')).then(
        () => 'kept',
        () => 'gone',
      ),
    )
    .toBe('gone');
  await nextOneRuns();
});

it('a node that does not come back: another goes on from the checkpoint that lies on the edge', async () => {
  const { id } = await tune(100_000);
  await seen(id, ({ type }) => type === 'checkpointed');
  await kill(node);
  const { checkpointStep } = await get(id);
  expect(checkpointStep).toBeGreaterThan(0);
  const other = await machine.startNode('other node');
  try {
    const again = await seen(id, (event) => event.type === 'started' && event.step > 0);
    expect(again.event).toMatchObject({ step: expect.toSatisfy((step: number) => step >= checkpointStep!) });
    await seen(id, ({ type }) => type === 'step', again.seq);
    await post(id, 'stop');
    expect(await ended(id)).toMatchObject({ state: 'succeeded', stopReason: 'stopped' });
  } finally {
    await other.stop();
    node = await machine.startNode();
  }
  await nextOneRuns();
});

it('a cancelled tuning stops with its engine, and the next one runs', async () => {
  const { id } = await tune(100_000);
  await seen(id, ({ type }) => type === 'step');
  await post(id, 'cancel');
  const tuning = await ended(id);
  expect(tuning.state).toBe('cancelled');
  await expect.poll(() => engines('train'), { timeout: 20_000 }).toEqual([]);
  await nextOneRuns();
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

// A tuning whose processes are really killed comes to a clear end, and the next one runs.
import { spawnSync } from 'node:child_process';
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { toInstructionRow } from '@tallrec/shared/sample';
import { isTerminal, tuningSchema } from '@tallrec/shared/wire/tunings';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { demoRatings } from '../gpu-node/src/demo/ratings.ts';
import type { Child } from '../gpu-node/src/dev/child-process.ts';
import { type Machine, startMachine } from './support/machine.ts';

let machine: Machine;
let node: Child;
let model: string;
let dataset: string;

beforeAll(async () => {
  machine = await startMachine({ LEASE_MS: '4000' });
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

const tune = (maxSteps: number) =>
  machine.client.post(
    '/v1/tunings',
    {
      model,
      dataset,
      shots: 16,
      hyperParameters: { batchSize: 8, epochs: 10_000, maxSteps, evaluateEverySteps: 5_000 },
    },
    tuningSchema,
  );
const ended = (id: string) => machine.client.until(`/v1/tunings/${id}`, tuningSchema, ({ state }) => isTerminal(state));
const training = (id: string) =>
  machine.client.until(`/v1/tunings/${id}`, tuningSchema, ({ progress }) => (progress?.step ?? 0) > 2);

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
  await training(id);
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

it('SIGKILL to the node: its engines end with it, the tuning comes to an end, the next one runs', async () => {
  const { id } = await tune(100_000);
  await training(id);
  const orphans = [...engines('train'), ...engines('score')];
  expect(orphans.length).toBeGreaterThan(0);
  process.kill(node.pid!, 'SIGKILL');
  await node.exited;
  await expect.poll(() => orphans.filter(isAlive), { timeout: 20_000 }).toEqual([]);
  node = await machine.startNode();
  const tuning = await machine.client.until(
    `/v1/tunings/${id}`,
    tuningSchema,
    ({ state, fence, progress }) => isTerminal(state) || (fence > 1 && (progress?.step ?? 0) > 2),
  );
  if (!isTerminal(tuning.state)) {
    // It was given to the node again: a second loss is one too many.
    process.kill(node.pid!, 'SIGKILL');
    await node.exited;
    node = await machine.startNode();
  }
  const last = await ended(id);
  expect(last.state).toBe('failed');
  expect(last.error).toMatchObject({ message: expect.stringMatching(/node/i) });
  await nextOneRuns();
});

it('a cancelled tuning stops with its engine, and the next one runs', async () => {
  const { id } = await tune(100_000);
  await training(id);
  await machine.client.post(`/v1/tunings/${id}/cancel`, {}, z.unknown());
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

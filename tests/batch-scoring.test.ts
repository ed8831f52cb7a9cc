// Batch scoring against real processes: a line a row, in order, each once, though the node is killed in the middle; and ranking.
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { scoreResponseSchema } from '@tallrec/shared/wire/score';
import { rankedRowSchema, type Scoring, scoredRowSchema, scoringSchema } from '@tallrec/shared/wire/scorings';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { demoRatings } from '../gpu-node/src/demo/ratings.ts';
import type { Child } from '../gpu-node/src/dev/child-process.ts';
import { type Machine, startMachine } from './support/machine.ts';

let machine: Machine;
let node: Child;
let model: string;

beforeAll(async () => {
  machine = await startMachine({ LEASE_MS: '8000', STEP_RETRY_MS: '500' });
  node = await machine.startNode();
  const { items } = await machine.client.get(
    '/v1/models',
    z.object({ items: z.array(z.object({ name: z.string() })) }),
  );
  model = items[0]!.name;
});
afterAll(() => machine?.stop());

const jsonl = (rows: readonly unknown[]) =>
  new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

async function finished(id: string): Promise<Scoring> {
  const done = await machine.client.until(`/v1/scorings/${id}`, scoringSchema, ({ state }) => isTerminal(state));
  if (done.state !== 'succeeded')
    throw new Error(`${JSON.stringify(done.error)}\n${machine.log.slice(-30).join('\n')}`);
  return done;
}

async function predictions(id: string, format = 'jsonl'): Promise<string[]> {
  const text = await machine.client.text(`/v1/scorings/${id}/predictions?format=${format}`);
  return text.trimEnd().split('\n');
}

it('scores a dataset over a SIGKILL of the node: each row is there once, in order', async () => {
  const samples = buildSamples((await demoRatings()).ratings, samplingSchema.parse({ historyLength: 4 })).map(
    ({ liked, ...sample }, at) => (at % 2 ? sample : { ...sample, liked }),
  );
  // More than one piece.
  expect(samples.length).toBeGreaterThan(5_000);
  const dataset = await machine.client.upload({ name: 'rows', kind: 'samples', format: 'jsonl' }, jsonl(samples));
  expect(dataset).toMatchObject({ state: 'ready', errorCount: 0 });
  const { id } = await machine.client.post('/v1/scorings', { model, dataset: dataset.id }, scoringSchema);
  await machine.client.until(`/v1/scorings/${id}`, scoringSchema, ({ progress }) => (progress?.rowsDone ?? 0) > 300);
  process.kill(node.pid!, 'SIGKILL');
  await node.exited;
  node = await machine.startNode();
  const done = await finished(id);
  expect(done).toMatchObject({ rows: samples.length, progress: { rowsDone: samples.length } });

  const lines = (await predictions(id)).map((line) => scoredRowSchema.parse(JSON.parse(line)));
  expect(lines.map(({ row }) => row)).toEqual(samples.map((_, row) => row));
  expect(lines.map(({ user }) => user)).toEqual(samples.map(({ user }) => user));
  expect(lines.map(({ liked }) => liked)).toEqual(
    samples.map((sample) => ('liked' in sample ? sample.liked : undefined)),
  );
  const some = [0, 1, 4095, 4096, samples.length - 1];
  const { scores } = await machine.client.post(
    '/v1/score',
    { model, samples: some.map((row) => samples[row]) },
    scoreResponseSchema,
  );
  for (const [at, row] of some.entries()) expect(lines[row]!.yesLogit).toBeCloseTo(scores[at]!.yesLogit, 3);
  expect(await predictions(id, 'csv')).toHaveLength(samples.length + 1);
});

it('ranks a catalogue for the users of a dataset, without what they have had', async () => {
  const { ratings, csv, users } = await demoRatings(30);
  const interactions = await machine.client.upload(
    { name: 'ratings', kind: 'interactions', format: 'csv', sampling: { historyLength: 5 } },
    csv,
  );
  const catalogue = [...new Map(ratings.map(({ item, title }) => [item, { id: item, title }])).values()].slice(0, 24);
  const items = await machine.client.upload({ name: 'films', kind: 'items', format: 'jsonl' }, jsonl(catalogue));
  expect([interactions.state, items.state]).toEqual(['ready', 'ready']);
  const { id } = await machine.client.post(
    '/v1/scorings',
    { model, task: 'rank', dataset: interactions.id, catalogue: items.id, top: 5 },
    scoringSchema,
  );
  expect(await finished(id)).toMatchObject({ rows: users });
  const lines = (await predictions(id)).map((line) => rankedRowSchema.parse(JSON.parse(line)));
  const order = [...new Set(ratings.map(({ user }) => user))].slice(0, users);
  expect(lines.map(({ user }) => user)).toEqual(order);
  for (const { user, ranking } of lines) {
    const had = new Set(
      ratings
        .filter((rating) => rating.user === user)
        .sort((a, b) => a.time - b.time)
        .slice(-5)
        .map(({ item }) => item),
    );
    expect(ranking).toHaveLength(Math.min(5, catalogue.filter((item) => !had.has(item.id)).length));
    for (const { id: item } of ranking) expect(had).not.toContain(item);
    expect(ranking.map(({ score }) => score)).toEqual(ranking.map(({ score }) => score).toSorted((a, b) => b - a));
  }
});

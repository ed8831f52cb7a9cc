// Facts about items from a file to a ranking, by HTTP against real processes: a tuning weighs them, and newer ones change the order.
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { Random } from '@tallrec/shared/random';
import { adapterSchema } from '@tallrec/shared/wire/adapters';
import { evaluationSchema } from '@tallrec/shared/wire/evaluations';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { rankResponseSchema, scoreResponseSchema } from '@tallrec/shared/wire/score';
import { scoringSchema } from '@tallrec/shared/wire/scorings';
import { tuningSchema } from '@tallrec/shared/wire/tunings';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { demoRatings } from '../gpu-node/src/demo/ratings.ts';
import { type Machine, startMachine } from './support/machine.ts';

let machine: Machine;
let model: string;
beforeAll(async () => {
  machine = await startMachine();
  await machine.startNode();
  const models = z.object({ items: z.array(z.object({ name: z.string() })) });
  model = (await machine.client.get('/v1/models', models)).items[0]!.name;
});
afterAll(() => machine?.stop());

const bytesOf = (text: string) => new TextEncoder().encode(text);

it('facts about items are weighed by a tuning, and newer ones take their place in ranks, scores and evaluations', async () => {
  const { client } = machine;
  const samples = buildSamples((await demoRatings()).ratings, samplingSchema.parse({}));
  const [train, valid] = [samples.slice(0, 200), samples.slice(200, 300)];
  const uploadSamples = (name: string, rows: typeof samples) =>
    client.upload({ name, kind: 'samples', format: 'json' }, bytesOf(JSON.stringify(rows)));
  const [trainData, validData] = [await uploadSamples('train', train), await uploadSamples('valid', valid)];
  const targets = [...new Map(samples.map(({ target }) => [target.id, target])).values()];
  // What other people think of each, drawn anew for each file.
  const uploadFacts = (name: string, seed: number) => {
    const random = Random.seeded(seed);
    const rows = targets.map(({ id, title }) => JSON.stringify([id, title, random.integer(0, 100), 100]).slice(1, -1));
    const text = `id,title,likes,ratings\n${rows.join('\n').replaceAll('\\"', '""')}\n`;
    return client.upload({ name, kind: 'item-facts', format: 'csv' }, bytesOf(text));
  };
  const [items, newer] = [await uploadFacts('last year', 1), await uploadFacts('this year', 2)];
  expect([items.state, items.errorCount, items.stats?.items]).toEqual(['ready', 0, targets.length]);

  const tune = async (more: object) => {
    const hyperParameters = { batchSize: 16, maxSteps: 2, warmupSteps: 1, evaluateEverySteps: 1 };
    const data = { dataset: trainData.id, validDataset: validData.id, shots: 16 };
    const { id } = await client.post('/v1/tunings', { model, ...data, hyperParameters, ...more }, tuningSchema);
    const done = await client.until(`/v1/tunings/${id}`, tuningSchema, ({ state }) => isTerminal(state));
    expect(done).toMatchObject({ state: 'succeeded', error: null });
    return client.get(`/v1/adapters/${done.adapter}`, adapterSchema);
  };
  const weighed = await tune({ items: items.id });
  expect(weighed.items).toEqual({ dataset: items.id, sha256: items.facts!.sha256 });
  expect(weighed.blend!.rank).toMatchObject({ factFans: expect.any(Number), factMean: expect.any(Number) });
  const { factFans = 0, factMean = 0 } = weighed.blend!.rank;
  expect(factFans + factMean).toBeGreaterThan(0);

  const { history } = valid[0]!;
  const use = { model, adapter: weighed.id };
  const rank = (more: object) =>
    client.post('/v1/rank', { ...use, history, candidates: targets.slice(0, 20), ...more }, rankResponseSchema);
  const places = async (more: object) => (await rank(more)).ranking.map(({ index }) => index);
  const own = await places({});
  expect(await places({ items: items.id })).toEqual(own);
  const changed = await places({ items: newer.id });
  expect(changed).not.toEqual(own);
  expect(await places({ items: newer.id, orderBy: 'score' })).toEqual(await places({ orderBy: 'score' }));

  const score = (more: object) =>
    client.post('/v1/score', { ...use, samples: [valid[0]], ...more }, scoreResponseSchema);
  const [before, after] = [(await score({})).scores[0]!, (await score({ items: newer.id })).scores[0]!];
  expect(after.score).toBeCloseTo(before.score, 6);
  expect(after.blendRank).not.toBe(before.blendRank);

  const evaluate = async (more: object) => {
    const body = { ...use, dataset: validData.id, limit: 50, ...more };
    const { id } = await client.post('/v1/evaluations', body, evaluationSchema);
    const done = await client.until(`/v1/evaluations/${id}`, evaluationSchema, ({ state }) => isTerminal(state));
    expect(done).toMatchObject({ state: 'succeeded', error: null });
    return done.report!;
  };
  const [judged, judgedNewer] = [await evaluate({}), await evaluate({ items: newer.id })];
  expect(judgedNewer.auc).toBe(judged.auc);
  expect(judgedNewer.rankBlendPerUserAuc).not.toBe(judged.rankBlendPerUserAuc);

  const { id } = await client.post('/v1/scorings', { ...use, dataset: validData.id, items: newer.id }, scoringSchema);
  const scored = await client.until(`/v1/scorings/${id}`, scoringSchema, ({ state }) => isTerminal(state));
  expect(scored).toMatchObject({ state: 'succeeded', error: null, rows: valid.length });

  const plain = await tune({ seed: 2 });
  await expect(rank({ adapter: plain.id, items: items.id })).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    message: expect.stringMatching(/fit without facts about items/),
  });
});

// The main job end to end, by HTTP alone against real processes: ratings in, a tuned adapter and an honest AUC out.
import { readFile } from 'node:fs/promises';
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { auc, historyShare } from '@tallrec/shared/metrics';
import { type InstructionRow, parsePublishedRow, toInstructionRow } from '@tallrec/shared/sample';
import { tuningReportSchema } from '@tallrec/shared/tuning';
import { adapterSchema } from '@tallrec/shared/wire/adapters';
import { type Dataset, datasetSchema, previewSchema } from '@tallrec/shared/wire/datasets';
import { evaluationSchema } from '@tallrec/shared/wire/evaluations';
import { isTerminal, type SequencedEvent } from '@tallrec/shared/wire/jobs';
import { rankResponseSchema, scoreResponseSchema } from '@tallrec/shared/wire/score';
import { tuningMetricsSchema, tuningSchema } from '@tallrec/shared/wire/tunings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { demoRatings } from '../gpu-node/src/demo/ratings.ts';
import { referenceData } from '../gpu-node/src/reference-data.ts';
import { type Machine, startMachine } from './support/machine.ts';

const EVALUATED_ROWS = 200;
let machine: Machine;
let model: string;
let train: Dataset;
let valid: Dataset;
let test: Dataset;
let adapter: string;
let testRows: InstructionRow[];

/** The published movie samples, or samples of the shipped ratings where those are not at hand. */
async function published(part: 'train' | 'valid' | 'test'): Promise<InstructionRow[]> {
  const path = referenceData('data', 'tallrec', 'movie', `${part}.json`);
  if (path) return JSON.parse(await readFile(path, 'utf8'));
  const samples = buildSamples((await demoRatings()).ratings, samplingSchema.parse({})).map(toInstructionRow);
  const third = Math.floor(samples.length / 3);
  const at = ['train', 'valid', 'test'].indexOf(part);
  return samples.slice(at * third, (at + 1) * third);
}

const bytesOf = (rows: unknown) => new TextEncoder().encode(JSON.stringify(rows));

beforeAll(async () => {
  machine = await startMachine();
  await machine.startNode();
  const { items } = await machine.client.get(
    '/v1/models',
    z.object({ items: z.array(z.object({ name: z.string() })) }),
  );
  model = items[0]!.name;
  testRows = await published('test');
});
afterAll(() => machine?.stop());

describe('the main job', () => {
  it('takes samples through a signed URL, checks them and shows their prompts with token counts', async () => {
    const upload = async (name: string, rows: InstructionRow[]) =>
      machine.client.upload({ name, kind: 'samples', format: 'json' }, bytesOf(rows));
    train = await upload('train', await published('train'));
    valid = await upload('valid', (await published('valid')).slice(0, 100));
    test = await upload('test', testRows);
    expect([train, valid, test].map(({ state, errorCount }) => [state, errorCount])).toEqual(
      Array(3).fill(['ready', 0]),
    );
    expect(test.stats?.rows).toBe(testRows.length);

    const preview = await machine.client.get(`/v1/datasets/${test.id}/preview?limit=3&template=tallrec`, previewSchema);
    expect(preview.samples).toHaveLength(3);
    expect(preview.samples[0]!.prompt).toContain(`# noqa: E501\n\n### Instruction:\n${testRows[0]!.instruction}`);
    expect(preview.samples[0]!.prompt).toContain(testRows[0]!.input);
    expect(preview.samples[0]!.answer).toBe(testRows[0]!.output);
    for (const { tokens, prompt, pieces } of preview.samples) {
      expect(pieces!.join('')).toBe(prompt);
      expect(pieces!.length).toBeGreaterThan(50);
      expect(tokens).toBeGreaterThan(50);
      expect(tokens).toBeLessThan(prompt.length);
    }
  });

  it('rejects a file with bad rows and says where and how to mend them', async () => {
    const bad = [testRows[0], { instruction: 'x', input: 'y', output: 'Yes.' }, testRows[1]];
    const rejected = await machine.client.upload({ name: 'bad', kind: 'samples', format: 'json' }, bytesOf(bad));
    expect(rejected.state).toBe('rejected');
    expect(rejected.errorCount).toBe(1);
    expect(rejected.rowErrors[0]).toMatchObject({ column: 'input' });
    expect(rejected.rowErrors[0]!.problem.length * rejected.rowErrors[0]!.fix.length).toBeGreaterThan(0);
    const body = { model, dataset: rejected.id };
    await expect(machine.client.post('/v1/tunings', body, z.unknown())).rejects.toMatchObject({
      code: 'DATASET_REJECTED',
    });
  });

  it('tunes, streams every step live, and keeps the adapter of the best validation AUC', async () => {
    const created = await machine.client.post(
      '/v1/tunings',
      {
        model,
        dataset: train.id,
        validDataset: valid.id,
        shots: 32,
        seed: 1,
        hyperParameters: { batchSize: 16, maxSteps: 6, warmupSteps: 1, learningRate: 3e-3, evaluateEverySteps: 3 },
      },
      tuningSchema,
    );
    const events: SequencedEvent[] = [];
    for await (const event of machine.client.events('tuning', created.id)) events.push(event);
    const steps = events.flatMap(({ event }) => (event.type === 'step' ? [event.step] : []));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.at(-1)!.event).toMatchObject({ type: 'state', state: 'succeeded' });

    const tuning = await machine.client.get(`/v1/tunings/${created.id}`, tuningSchema);
    expect(tuning).toMatchObject({ state: 'succeeded', error: null, stopReason: 'max-steps' });
    const metrics = await machine.client.get(`/v1/tunings/${created.id}/metrics`, tuningMetricsSchema);
    expect(metrics.steps).toHaveLength(6);
    expect(Math.max(...metrics.evaluations.map(({ validAuc }) => validAuc!))).toBeCloseTo(tuning.bestValidAuc!, 9);
    const report = await machine.client.get(`/v1/tunings/${created.id}/report`, tuningReportSchema);
    expect(report.validRuleAuc).toEqual(expect.any(Number));
    expect(metrics.validRuleAuc).toBe(report.validRuleAuc);
    adapter = tuning.adapter!;
  });

  it('gives the adapter out in PEFT’s format and lets an alias point at it', async () => {
    const found = await machine.client.get(`/v1/adapters/${adapter}`, adapterSchema);
    expect(found.metrics?.validAuc).toEqual(expect.any(Number));
    expect(found.blend?.samples).toBeGreaterThanOrEqual(10);
    const config = await machine.client.get(
      `/v1/adapters/${adapter}/files/adapter_config.json`,
      z.looseObject({ peft_type: z.string(), r: z.number(), target_modules: z.array(z.string()) }),
    );
    expect(config).toMatchObject({ peft_type: 'LORA', r: 8, target_modules: ['q_proj', 'v_proj'] });
    await machine.client.put('/v1/aliases/production', { adapter }, z.unknown());
    expect((await machine.client.get('/v1/adapters/production', adapterSchema)).aliases).toEqual(['production']);
  });

  it('evaluates the base model and the adapter, with the rule’s AUC beside each', async () => {
    const evaluate = async (ref?: string) => {
      const body = { model, dataset: test.id, trainDataset: train.id, limit: EVALUATED_ROWS, adapter: ref };
      const { id } = await machine.client.post('/v1/evaluations', body, evaluationSchema);
      const done = await machine.client.until(`/v1/evaluations/${id}`, evaluationSchema, ({ state }) =>
        isTerminal(state),
      );
      expect(done).toMatchObject({ state: 'succeeded', error: null });
      return done.report!;
    };
    const [before, after] = [await evaluate(), await evaluate('production')];
    const rows = testRows.slice(0, EVALUATED_ROWS).map((row) => {
      const parsed = parsePublishedRow(row);
      if ('problem' in parsed) throw new Error(parsed.problem);
      return { score: historyShare(parsed.sample), liked: parsed.sample.liked };
    });
    for (const report of [before, after]) {
      expect(report.n).toBe(EVALUATED_ROWS);
      expect(report.ruleAuc).toBeCloseTo(auc(rows)!, 9);
      expect(report.auc).toBeGreaterThan(report.interval!.low);
      expect(report.auc).toBeLessThan(report.interval!.high);
      expect(report.popularityAuc).toEqual(expect.any(Number));
    }
    expect(after.auc).not.toBe(before.auc);
    expect([before.scoreBlendAuc, after.scoreBlendAuc]).toEqual([null, expect.any(Number)]);
    expect(after.warm!.n + after.cold!.n).toBe(EVALUATED_ROWS);
  });

  it('evaluates methods of the tables beside it: a control and a conventional one, on the same shots', async () => {
    const evaluate = async (method: string, more = {}) => {
      const body = { method, dataset: test.id, trainDataset: train.id, limit: EVALUATED_ROWS, ...more };
      const { id } = await machine.client.post('/v1/evaluations', body, evaluationSchema);
      return machine.client.until(`/v1/evaluations/${id}`, evaluationSchema, ({ state }) => isTerminal(state));
    };
    const few = { shots: 16, seed: 2, validDataset: valid.id };
    const [rule, popularity, network] = [
      await evaluate('history-share'),
      await evaluate('popularity', few),
      await evaluate('gru4rec', few),
    ];
    for (const done of [rule, popularity, network]) {
      expect(done).toMatchObject({ state: 'succeeded', error: null, model: null, template: null });
      expect(done.report).toMatchObject({ n: EVALUATED_ROWS, ruleAuc: rule.report!.auc, precision: null });
    }
    expect(popularity.report).toMatchObject({ popularityAuc: popularity.report!.auc, fit: { trainSamples: 16 } });
    expect(network).toMatchObject({ ...few, method: 'gru4rec', progress: { phase: 'score' } });
    expect(network.report!.provider).toMatch(/^TensorFlow\.js /);
    expect(network.report!.fit).toMatchObject({
      trainSamples: 16,
      validSamples: valid.stats!.rows,
      chosen: { learningRate: expect.any(Number) },
    });
    expect(network.report!.popularityAuc).toBe(popularity.report!.auc);
  });

  it('scores and ranks alike, and an adapter makes a difference', async () => {
    const history = [
      { title: 'Babe (1995)', liked: true },
      { title: 'Heat (1995)', liked: false },
    ];
    const candidates = ['Toy Story (1995)', 'Casino (1995)', 'Emma (1996)'].map((title) => ({ title }));
    const samples = candidates.map((target) => ({ history, target }));
    const score = (ref?: string) =>
      machine.client.post('/v1/score', { model, adapter: ref, samples }, scoreResponseSchema);
    const [base, tuned] = [await score(), await score('production')];
    expect(tuned.adapter).toBe(adapter);
    expect(tuned.scores.map((s) => s.yesLogit)).not.toEqual(base.scores.map((s) => s.yesLogit));

    const { ranking } = await machine.client.post(
      '/v1/rank',
      { model, adapter: 'production', history, candidates },
      rankResponseSchema,
    );
    // By the blend, whose score orders one history as its rank does.
    for (const key of ['blendRank', 'blendScore'] as const) {
      const ordered = ranking.map((ranked) => ranked[key]!);
      expect(ordered).toEqual(ordered.toSorted((a, b) => b - a));
    }
    const byScore = await machine.client.post(
      '/v1/rank',
      { model, adapter: 'production', history, candidates, orderBy: 'score' },
      rankResponseSchema,
    );
    const scores = byScore.ranking.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(base.scores[0]).not.toHaveProperty('blendScore');
    for (const { index, score, blendScore, candidate } of ranking) {
      expect(blendScore).toBeCloseTo(tuned.scores[index]!.blendScore!, 4);
      expect(candidate).toEqual(candidates[index]);
      expect(score).toBeCloseTo(tuned.scores[index]!.score, 5);
    }
  });

  it('lists what was made, newest first, page by page', async () => {
    const pageSchema = z.object({ items: z.array(datasetSchema), nextCursor: z.string().nullable() });
    const first = await machine.client.get('/v1/datasets?limit=2', pageSchema);
    const second = await machine.client.get(`/v1/datasets?limit=2&cursor=${first.nextCursor}`, pageSchema);
    const ids = [...first.items, ...second.items].map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted().reverse());
    expect(ids).toEqual(expect.arrayContaining([train.id, valid.id, test.id]));
  });
});

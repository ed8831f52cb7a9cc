// Evaluations by method, on the engine as an engine process has it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSamples, paperSplit, samplingSchema } from '@tallrec/shared/interactions';
import { itemPopularity } from '@tallrec/shared/item-opinions';
import { auc, brierScore, itemKey, perUserAuc, scoreBins } from '@tallrec/shared/metrics';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { hyperParametersSchema } from '@tallrec/shared/tuning';
import { type EvaluationReport, SCORE_BINS } from '@tallrec/shared/wire/evaluations';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SLICE_ROWS } from '../evaluate/score-in-slices.ts';
import { matrixFactorisationMethod } from '../methods/matrix-factorisation.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { localCheckpoint } from '../train/checkpoint-folder.ts';
import { drawShots } from '../train/tune.ts';
import { createEngine } from './engine.ts';
import type { DataPlace, ModelPlace, ParsedParams } from './engine-calls.ts';
import type { CallContext } from './engine-serve.ts';
import { holdOut } from './job-data.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

type Params = ParsedParams<'evaluate'>;
const UNIT = { low: 0, high: 1, count: SCORE_BINS };
const sampling = samplingSchema.parse({ historyLength: 3 });
const hyperParameters = hyperParametersSchema.parse({ maxSteps: 2, batchSize: 4, learningRate: 1e-2 });
const engine = createEngine(async () => ({ runtime: createRuntime('cpu'), reason: 'for a test' }), {
  checkpointEveryMs: 0,
});

let dir: string;
let model: ModelPlace;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'evaluate-method-'));
  model = { name: 'tiny', dir: join(dir, 'tiny'), contentHash: 'ab'.repeat(32) };
  await writeTinyModel(model.dir, { corpus: ['User Preference: Yes. No. Film movie like target Whether the will'] });
});
afterAll(() => rm(dir, { recursive: true }));

function samples(count: number, seed: number): LabelledSample[] {
  const random = Random.seeded(seed);
  const film = () => ({ title: `Film ${random.integer(1, 12)}`, liked: random.uniform() < 0.5 });
  return Array.from({ length: count }, (_, index) => {
    const { liked, ...target } = film();
    return { user: `u${index % 4}`, noun: 'movie', history: [film(), film(), film()], target, liked };
  });
}
const [train, test] = [samples(40, 1), samples(30, 2)];
const ratings = Array.from({ length: 140 }, (_, at) => {
  const film = (at * 7) % 23;
  return { user: `u${at % 5}`, item: `i${film}`, title: `Film ${film}`, rating: (at * 3 + film) % 6, time: at };
});

async function place(kind: DataPlace['kind'], rows: unknown[], split: DataPlace['split']): Promise<DataPlace> {
  const file = join(dir, `${crypto.randomUUID()}.jsonl`);
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return { kind, file, split, sampling };
}

interface Evaluated {
  report: EvaluationReport;
  predictions: { score: number; liked: boolean; user?: string }[];
  progress: Extract<NodeEvent, { type: 'progress' }>[];
}

async function evaluate(
  fit: (Partial<NonNullable<Params['fit']>> & Pick<NonNullable<Params['fit']>, 'method'>) | null,
  more: Partial<Params> = {},
  onProgress: (event: NodeEvent) => void = () => {},
  context: Partial<CallContext> = {},
): Promise<Evaluated> {
  const progress: Evaluated['progress'] = [];
  const predictionsFile = join(dir, `${crypto.randomUUID()}.out`);
  const params: Params = {
    model: null,
    template: 'clean',
    adapter: null,
    untuned: false,
    fit: fit && { shots: null, seed: 0, hyperParameters: null, ...fit },
    data: await place('samples', test, 'test'),
    train: await place('samples', train, 'train'),
    valid: null,
    instructions: null,
    limit: null,
    checkpointDir: join(dir, crypto.randomUUID()),
    predictionsFile,
    ...more,
  };
  const report = await engine.evaluate(params, {
    signal: new AbortController().signal,
    stop: new AbortController().signal,
    event: (event) => {
      if (event.type === 'progress') progress.push(event);
      onProgress(event);
    },
    checkpoint: () => {},
    ...context,
  });
  const lines = (await readFile(predictionsFile, 'utf8')).trimEnd().split('\n');
  return { report, predictions: lines.map((line) => JSON.parse(line)), progress };
}

describe('a method', () => {
  it('sees the shots of its seed, apart from a held out tenth, and is judged beside the rules', async () => {
    const { report, predictions } = await evaluate({ method: 'popularity', shots: 8, seed: 5 }, { limit: 20 });
    const shots = drawShots(holdOut(train, 5).train, 8, Random.seeded(5));
    const score = itemPopularity(shots);
    const judged = test.slice(0, 20);
    const rows = judged.map((sample) => ({ score: score(sample), liked: sample.liked, user: sample.user }));
    expect(predictions).toEqual(rows);
    expect(report).toMatchObject({
      n: 20,
      auc: auc(rows),
      popularityAuc: auc(rows),
      users: perUserAuc(rows).users,
      usersInferred: false,
      template: null,
      precision: null,
      provider: null,
      tokens: 0,
      fit: { trainSamples: 8, validSamples: 4, chosen: {} },
    });
    expect(report.ruleAuc).not.toBeNull();
    expect(report.interval).not.toBeNull();
    expect(report.intervals!.popularity).toEqual(report.interval);
    // Counts of fans stand for no probability.
    expect(report.distribution).toMatchObject({ scale: 'score', calibration: null });
  });

  it('takes interactions by the paper’s split: learns from train, chooses on valid, is judged on test', async () => {
    const interactions = await place('interactions', ratings, 'train');
    const { report, predictions, progress } = await evaluate(
      { method: 'matrix-factorisation', seed: 3 },
      { train: interactions, data: { ...interactions, split: 'test' } },
    );
    const split = paperSplit(buildSamples(ratings, sampling));
    const fitted = await matrixFactorisationMethod.fit(split, { seed: 3 });
    expect(predictions.map(({ score }) => score)).toEqual(await fitted.score(split.test));
    expect(report.fit).toMatchObject({
      trainSamples: split.train.length,
      validSamples: split.valid.length,
      chosen: fitted.chosen,
    });
    expect(Object.keys(fitted.chosen)).toEqual(['factors', 'ridge']);
    expect(progress.filter(({ phase }) => phase === 'fit').at(-1)).toMatchObject({ done: 6, total: 6, etaMs: 0 });
  });

  it('chooses on what validDataset names', async () => {
    const { report } = await evaluate(
      { method: 'logistic-regression', shots: 16 },
      { valid: await place('samples', samples(12, 9), 'all') },
    );
    expect(report.fit).toMatchObject({ trainSamples: 16, validSamples: 12, chosen: { ridge: expect.any(Number) } });
  });

  it('that is conventional computes on TensorFlow.js', async () => {
    const { report, predictions } = await evaluate({ method: 'gru4rec', shots: 16, seed: 1 });
    expect(report.provider).toMatch(/^TensorFlow\.js (tensorflow|wasm|cpu)$/);
    expect(report.fit!.chosen).toMatchObject({ learningRate: expect.any(Number), step: expect.any(Number) });
    expect(new Set(predictions.map(({ score }) => score)).size).toBeGreaterThan(5);
    const shares = predictions.map(({ score, liked }) => ({ score: 1 / (1 + Math.exp(-score)), liked }));
    expect(report.distribution).toMatchObject({ scale: 'probability', bins: scoreBins(shares, UNIT) });
    expect(report.distribution!.calibration!.brier).toBeCloseTo(brierScore(shares)!, 12);
  });

  it('on a language model scores as the model does, and is tuned where the method says so', async () => {
    const [plain, asked] = [await evaluate(null, { model }), await evaluate({ method: 'zero-shot' }, { model })];
    expect(asked.report).toMatchObject({ auc: plain.report.auc, template: 'clean', precision: 'f32', provider: 'cpu' });
    expect(plain.report.fit).toBeNull();
    expect(asked.report.distribution!.bins).toEqual(plain.report.distribution!.bins);
    expect(asked.report.examples).toEqual(plain.report.examples);

    const instructions = Array.from({ length: 6 }, (_, i) => ({ instruction: `Say ${i}`, input: '', output: 'Yes.' }));
    const tuned = await evaluate(
      { method: 'tallrec', shots: 8, hyperParameters },
      { model, instructions: await place('instructions', instructions, 'all') },
    );
    expect(tuned.report.fit!.chosen).toMatchObject({ learningRate: 1e-2, stopReason: 'max-steps' });
    expect(tuned.report.tokens).toBeGreaterThan(asked.report.tokens);
    expect(tuned.predictions).not.toEqual(asked.predictions);
    expect(new Set(tuned.progress.map(({ phase }) => phase))).toEqual(new Set(['fit', 'score']));
  });

  it('with a blend is fit with facts about items, where it is given any', async () => {
    const facts = join(dir, 'facts.json');
    const targets = [...new Set(test.map(({ target }) => itemKey(target)))];
    const items = targets.map((key, at) => [key, (at * 37) % 100, 100]);
    await writeFile(facts, JSON.stringify({ likes: 50, ratings: 100, items }));
    const valid = await place('samples', train, 'valid');
    for (const method of ['blend-rank', 'rt-blend'] as const) {
      const fit = { method, shots: 16, ...(method === 'rt-blend' ? { hyperParameters } : {}) };
      const [plain, given] = [await evaluate(fit, { model, valid }), await evaluate(fit, { model, valid, facts })];
      expect(given.predictions).not.toEqual(plain.predictions);
      if (method === 'rt-blend') continue;
      expect(given.report.fit!.chosen).toMatchObject({ factFans: expect.any(Number), factMean: expect.any(Number) });
      expect(plain.report.fit!.chosen).not.toHaveProperty('factFans');
    }
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const stopped = evaluate({ method: 'sasrec' }, {}, () => controller.abort(), {
      signal: controller.signal,
    });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('that is asked to stop while it is fit has nothing to report', async () => {
    const controller = new AbortController();
    const fitting = (event: NodeEvent) => event.type === 'progress' && event.phase === 'fit' && controller.abort();
    const stopped = evaluate({ method: 'sasrec' }, {}, fitting, { stop: controller.signal });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED', message: /while sasrec was still being fit/ });
  });

  it('on a language model that is asked to stop while it scores reports on what is scored; others finish', async () => {
    const data = await place('samples', samples(SLICE_ROWS + 20, 7), 'test');
    const scoring = (controller: AbortController) => (event: NodeEvent) =>
      event.type === 'progress' && event.phase === 'score' && controller.abort();
    const [one, two] = [new AbortController(), new AbortController()];
    const stopped = await evaluate({ method: 'zero-shot' }, { model, data }, scoring(one), { stop: one.signal });
    expect(stopped.report.n).toBe(SLICE_ROWS);
    expect(stopped.predictions).toHaveLength(SLICE_ROWS);
    const popularity = await evaluate({ method: 'popularity' }, { data }, scoring(two), { stop: two.signal });
    expect(popularity.report.n).toBe(SLICE_ROWS + 20);
  });

  it.each([
    ['zero-shot', 'zero-shot'],
    ['rt', 'rt'],
    ['a model by itself', null],
  ] as const)('%s goes on after the rows that an earlier run has scored', async (_, method) => {
    const data = await place('samples', samples(SLICE_ROWS + 20, 7), 'test');
    const fit = method && { method, shots: 8, hyperParameters };
    const checkpointDir = join(dir, `goes-on-${method}`);
    const controller = new AbortController();
    const checkpoints: unknown[] = [];
    const broken = evaluate(fit, { model, data, checkpointDir }, undefined, {
      signal: controller.signal,
      checkpoint: (checkpoint) => {
        checkpoints.push(checkpoint);
        controller.abort();
      },
    });
    await expect(broken).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(checkpoints).toEqual([await localCheckpoint(checkpointDir)]);
    const resumed = await evaluate(fit, { model, data, checkpointDir });
    expect(resumed.progress.find(({ phase }) => phase === 'score')).toMatchObject({ done: SLICE_ROWS, etaMs: null });
    const whole = await evaluate(fit, { model, data });
    expect(resumed.predictions).toEqual(whole.predictions);
    const withoutTimes = ({ durationMs: _, fit: fitted, ...report }: EvaluationReport) => ({
      ...report,
      ...(fitted ? { fit: { ...fitted, durationMs: 0 } } : {}),
    });
    expect(withoutTimes(resumed.report)).toEqual(withoutTimes(whole.report));
  });

  it('is refused in words where the node or the data lacks what it needs', async () => {
    await expect(evaluate({ method: 'gru-bert' })).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: expect.stringContaining('TALLREC_ENCODER'),
    });
    await expect(evaluate({ method: 'rt' })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    const one = await place('samples', train.slice(0, 1), 'train');
    await expect(evaluate({ method: 'popularity' }, { train: one })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringContaining('1 samples to learn from and 0 to validate by'),
    });
    await expect(evaluate(null)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});

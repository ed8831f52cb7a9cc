import { Random } from '@tallrec/shared/random';
import { hyperParametersSchema } from '@tallrec/shared/tuning';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { microBatches } from '../llama/micro-batches.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import { ToyLanguageModel, toyConfig, toyTokenizer } from '../llama/toy-language-model.ts';
import { initAdapter, loraConfig } from '../train/lora-init.ts';
import { rankCandidates, rankingOf, scoreSamples } from './scorer.ts';

const rows = new PromptRows(toyTokenizer, { template: 'clean', cutoffTokens: 512 });
const titles = ['Short', 'A rather longer title than that', 'Mid length', 'B', 'Another long title to score here'];
const samples = titles.map((title) => ({ noun: 'movie', history: [{ title: 'Old', liked: true }], target: { title } }));

describe('scoreSamples', () => {
  test('gives softmax of the two answers in the order of the samples, whatever the micro-batches', async () => {
    const [model, whole] = [new ToyLanguageModel(), new ToyLanguageModel()];
    const progress: number[] = [];
    const one = await scoreSamples(model, rows, samples, {
      microBatchTokens: 1,
      onProgress: (done) => progress.push(done),
    });
    expect(model.batchSizes).toEqual([1, 1, 1, 1, 1]);
    expect(progress).toEqual([1, 2, 3, 4, 5]);
    const all = await scoreSamples(whole, rows, samples, { microBatchTokens: 1e6 });
    expect(whole.batchSizes).toEqual([5]);
    expect(all).toEqual(one);
    for (const [index, { score, yesLogit, noLogit }] of one.results.entries()) {
      const logits = await model.nextTokenLogits([rows.prompt(samples[index]!)], undefined);
      expect([yesLogit, noLogit]).toEqual([logits[rows.answerTokens.yes], logits[rows.answerTokens.no]]);
      expect(score).toBeCloseTo(Math.exp(yesLogit) / (Math.exp(yesLogit) + Math.exp(noLogit)), 12);
    }
    expect(one.tokens).toBe(samples.reduce((sum, sample) => sum + rows.prompt(sample).length, 0));
  });

  test('a model that gives no numbers is named, and the adapter where there is one', async () => {
    const broken = new ToyLanguageModel();
    broken.nextTokenLogits = async (prompts) => new Float32Array(2 * prompts.length).fill(Number.NaN);
    await expect(scoreSamples(broken, rows, samples)).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: /no finite logits/,
    });
    const adapter = initAdapter(loraConfig(hyperParametersSchema.parse({})), toyConfig, Random.seeded(1));
    await expect(scoreSamples(broken, rows, samples, { adapter })).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: /^The base model itself, without an adapter, gives no finite logits/,
    });
    const overflowing = (lossScaling: boolean) => {
      const model = Object.assign(new ToyLanguageModel(), { lossScaling });
      model.nextTokenLogits = async (prompts, given) =>
        new Float32Array(2 * prompts.length).fill(given ? Number.NaN : 1);
      return scoreSamples(model, rows, samples, { adapter });
    };
    await expect(overflowing(true)).rejects.toMatchObject({
      code: 'ADAPTER_INVALID',
      retryable: false,
      message: /activations overflow float16.*--compute f32/,
    });
    const inFloat32 = await overflowing(false).catch((error: Error) => error.message);
    expect(inFloat32).toMatch(/activations overflow float32/);
    expect(inFloat32).not.toContain('--compute');
  });

  test('stops when it is told to', async () => {
    const abort = new AbortController();
    const model = new ToyLanguageModel();
    await expect(
      scoreSamples(model, rows, samples, {
        microBatchTokens: 1,
        signal: abort.signal,
        onProgress: (done) => done === 2 && abort.abort(),
      }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(model.batchSizes).toHaveLength(2);
  });
});

describe('rankCandidates', () => {
  test('orders by score and keeps the order of the request among equals', async () => {
    const candidates = [...titles, 'Short'].map((title) => ({ title }));
    const { results } = await rankCandidates(new ToyLanguageModel(), rows, { noun: 'movie', history: [], candidates });
    expect(results.map(({ score }) => score)).toEqual(results.map(({ score }) => score).toSorted((a, b) => b - a));
    expect(results.map(({ candidate, index }) => candidates[index] === candidate)).not.toContain(false);
    const shorts = results.filter(({ candidate }) => candidate.title === 'Short');
    expect(shorts.map(({ index }) => index)).toEqual([0, 5]);
    expect(shorts[0]!.score).toBe(shorts[1]!.score);
  });
});

describe('an order', () => {
  const candidates = ['A', 'B', 'C'].map((title) => ({ title }));
  const scores = [0.2, 0.9, 0.5].map((score, at) => ({ score, yesLogit: 0, noLogit: 0, blendRank: [1, 0, 1][at]! }));
  const input = { noun: 'movie', history: [], candidates };
  const titles = (ranked: ReturnType<typeof rankingOf>) => ranked.map(({ candidate }) => candidate.title).join('');

  test("is the blend's where there is one, unless the score's is asked for", () => {
    expect(titles(rankingOf(input, scores))).toBe('ACB');
    expect(titles(rankingOf({ ...input, orderBy: 'blend' }, scores))).toBe('ACB');
    expect(titles(rankingOf({ ...input, orderBy: 'score' }, scores))).toBe('BCA');
    const plain = scores.map(({ blendRank: _, ...score }) => score);
    expect(titles(rankingOf({ ...input, orderBy: 'blend' }, plain))).toBe('BCA');
  });
});

describe('microBatches', () => {
  test('holds every row once, within the budget unless alone, with like lengths together', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 600 })), fc.integer({ min: 1, max: 4096 }), (lengths, tokens) => {
        const rows = lengths.map((length) => Array(length).fill(0));
        const batches = microBatches(rows, tokens, { sharePrefix: false });
        expect(batches.flat().toSorted((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
        for (const batch of batches) {
          const longest = Math.max(...batch.map((i) => lengths[i]!));
          expect(batch.length === 1 || longest * batch.length <= tokens).toBe(true);
        }
        const order = batches.flat().map((i) => lengths[i]!);
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }),
    );
  });

  test('counts what all rows begin with once, where it is computed once', () => {
    const rows = Array.from({ length: 6 }, (_, row) => [...Array(90).fill(1), ...Array(10).fill(2 + row)]);
    expect(microBatches(rows, 130, { sharePrefix: true }).map((batch) => batch.length)).toEqual([4, 2]);
    expect(microBatches(rows, 130, { sharePrefix: false })).toHaveLength(6);
  });
});

// What a tuning must not depend on, with the real engine on the CPU: micro-batches, their padding, threads; and what it must not touch.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@tallrec/shared/random';
import { type LabelledSample, toInstructionRow } from '@tallrec/shared/sample';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadLanguageModel } from '../llama/load.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import type { LanguageModel } from '../llama/model.ts';
import { loadTokenizer, type Tokenizer } from '../llama/tokenizer.ts';
import { checkpointFiles, sha256File } from '../models/content-hash.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { tune } from './tune.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** Histories of 0 to 12 films, so that rows differ in length by a factor of three. */
function samples(count: number): LabelledSample[] {
  const random = Random.seeded(4);
  const film = () => ({ title: `Film ${random.integer(1, 40)}`, liked: random.uniform() < 0.5 });
  return Array.from({ length: count }, (_, index) => {
    const { liked, ...target } = film();
    return {
      user: `${index % 3}`,
      noun: 'movie',
      history: Array.from({ length: random.integer(0, 12) }, film),
      target,
      liked,
    };
  });
}

const train = samples(16);
let dir: string;
let tokenizer: Tokenizer;
const models = new Map<number, LanguageModel>();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'invariance-'));
  await writeTinyModel(dir, { corpus: train.flatMap((sample) => Object.values(toInstructionRow(sample))) });
  tokenizer = await loadTokenizer(dir);
  for (const threads of [1, 2]) models.set(threads, await loadLanguageModel(dir, createRuntime('cpu', { threads })));
});
afterAll(async () => {
  for (const model of models.values()) await model.close();
  await rm(dir, { recursive: true });
});

async function tuned(
  microBatchTokens: number,
  threads: number,
  { loraDropout = 0.05, lossPairs = 0 } = {},
): Promise<LoraAdapter> {
  const recipe = { learningRate: 1e-3, warmupSteps: 1, batchSize: 8, maxSteps: 4 };
  const settings = tuningSettingsSchema.parse({
    hyperParameters: { ...recipe, loraDropout, lossPairs, microBatchTokens },
  });
  const events = tune({
    model: models.get(threads)!,
    tokenizer,
    modelContentHash: 'tiny',
    provider: 'cpu',
    precision: 'f32',
    settings,
    data: { stage: 'rec', train, valid: [] },
  });
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value.adapter;
  }
}

/** Euclidean distance of two adapters, as a share of how far B was moved from zero. */
function difference(a: LoraAdapter, b: LoraAdapter): number {
  let [apart, moved] = [0, 0];
  for (const [name, { data }] of a.tensors) {
    const other = b.tensors.get(name)!.data;
    data.forEach((value, i) => {
      apart += (value - other[i]!) ** 2;
      if (name.includes('.lora_B.')) moved += value ** 2;
    });
  }
  return Math.sqrt(apart / moved);
}

/** Measured: up to 4e-6 by another number of threads, 2e-6 by other micro-batches, with dropout as without. */
const TOLERANCE = 4e-5;
/** All rows of a step together, most of it padding. */
const USUAL = { microBatchTokens: 100_000, threads: 2 };

test.each([{ loraDropout: 0 }, { loraDropout: 0.3 }, { lossPairs: 2 }])(
  'with %o: micro-batches, their padding and threads change an adapter by rounding alone',
  async (recipe) => {
    const usual = await tuned(USUAL.microBatchTokens, USUAL.threads, recipe);
    expect(difference(usual, await tuned(USUAL.microBatchTokens, USUAL.threads, recipe))).toBe(0);
    // Each row alone, without any padding; a few together; another number of threads.
    for (const [microBatchTokens, threads] of [
      [1, 2],
      [300, 2],
      [100_000, 2],
      [2048, 1],
    ] as const) {
      expect(difference(usual, await tuned(microBatchTokens, threads, recipe))).toBeLessThan(TOLERANCE);
    }
  },
);

test('the base is untouched: its files by their hashes, and what it computes without an adapter', async () => {
  const hashes = async () => Promise.all((await checkpointFiles(dir)).map(sha256File));
  const model = models.get(2)!;
  const prompt = [[5, 9, 17, 33, 60]];
  const [files, logits] = [await hashes(), await model.nextTokenLogits(prompt, undefined)];
  const adapter = await tuned(USUAL.microBatchTokens, USUAL.threads);
  expect(await model.nextTokenLogits(prompt, adapter)).not.toEqual(logits);
  expect(await model.nextTokenLogits(prompt, undefined)).toEqual(logits);
  expect(await hashes()).toEqual(files);
  expect(files.length).toBeGreaterThanOrEqual(4);
});

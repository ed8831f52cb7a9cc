// The model that the repository carries: small, whole, and with some knowledge of films.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { auc, historyShare, perUserAuc } from '@tallrec/shared/metrics';
import { expect, it } from 'vitest';
import { demoRatings } from '../demo/ratings.ts';
import { loadLanguageModel } from '../llama/load.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import { loadTokenizer } from '../llama/tokenizer.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { scoreSamples } from '../score/scorer.ts';

const DIR = fileURLToPath(new URL('../../models/tallrec-movies', import.meta.url));
const MAX_BYTES = 8e6;

it('fits into eight megabytes with its card and its curves', async () => {
  const files = await readdir(DIR);
  expect(files).toEqual(
    expect.arrayContaining(['README.md', 'loss.svg', 'auc.svg', 'training.json', 'tokenizer.json']),
  );
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(DIR, file))).size));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_BYTES);
});

it('tells what held-out users like from what they do not, within users better than their histories do', async () => {
  const { ratings } = await demoRatings(30);
  const samples = buildSamples(ratings, samplingSchema.parse({})).slice(-600);
  const model = await loadLanguageModel(DIR, createRuntime('cpu'));
  const rows = new PromptRows(await loadTokenizer(DIR), { template: 'clean', cutoffTokens: 512 });
  const { results } = await scoreSamples(model, rows, samples);
  await model.close();
  const scored = samples.map(({ user, liked }, i) => ({ user, liked, score: results[i]!.score }));
  const rule = samples.map((sample) => ({ ...sample, score: historyShare(sample) }));
  expect(auc(scored)).toBeGreaterThan(0.6);
  expect(perUserAuc(scored).mean).toBeGreaterThan(perUserAuc(rule).mean!);
}, 60_000);

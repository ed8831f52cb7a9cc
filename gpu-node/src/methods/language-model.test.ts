import type { Sample } from '@tallrec/shared/sample';
import { hyperParametersSchema } from '@tallrec/shared/tuning';
import { expect, it } from 'vitest';
import { ToyLanguageModel, toyTokenizer } from '../llama/toy-language-model.ts';
import { SharedLanguageModel, scoringMethod } from './language-model.ts';

it('scores the same prompts once, and tells every method what that took', async () => {
  const model = new ToyLanguageModel();
  const shared = new SharedLanguageModel({
    name: 'toy',
    contentHash: 'toy',
    computing: {},
    template: 'clean',
    hyperParameters: hyperParametersSchema.parse({}),
    learningRates: [1e-3],
    adaptersDir: '',
    examples: 0,
    contextTokens: 512,
    load: async () => ({ model, tokenizer: toyTokenizer, provider: 'cpu', precision: 'f64' }),
  });
  const samples: Sample[] = ['Heat', 'Babe'].map((title) => ({ noun: 'movie', history: [], target: { title } }));
  const rows = await shared.promptRows();
  const [first, second] = [scoringMethod(shared, { chosen: {}, rows }), scoringMethod(shared, { chosen: {}, rows })];
  const scores = await first.score(samples);
  const { length } = model.batchSizes;
  expect(await second.score(samples)).toEqual(scores);
  expect(model.batchSizes).toHaveLength(length);
  expect(second.tokens).toBe(first.tokens);
  expect(first.earlierScoreMs).toBe(0);
  expect(second.earlierScoreMs).toBeGreaterThan(0);
});

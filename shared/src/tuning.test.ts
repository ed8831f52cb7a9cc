import { expect, it } from 'vitest';
import { tuningEventSchema } from './tuning.ts';

it('reads how a tuning started from a node that did not tell yet what its rule reaches', () => {
  const counts = { totalSteps: 4, trainSamples: 2, validSamples: 1, trainableParameters: 8 };
  const told = { type: 'started', step: 0, ...counts, provider: 'cpu', precision: 'f32' };
  expect(tuningEventSchema.parse(told)).toEqual({ ...told, validRuleAuc: null });
});

import { hyperParametersSchema } from '@tallrec/shared/tuning';
import { describe, expect, it } from 'vitest';
import { recipeDifferences } from './recipe-differences.ts';

describe('what a recipe differs in', () => {
  it("is nothing where it is the paper's", () => {
    expect(recipeDifferences(hyperParametersSchema.parse({}))).toEqual([]);
  });

  it('is each setting that was changed, also of those that the paper leaves open, as it was set', () => {
    const changed = { learningRate: 5e-4, maxSteps: 20, loraModules: ['q_proj'], rankStabilized: true };
    expect(recipeDifferences(hyperParametersSchema.parse(changed))).toEqual([
      { name: 'learningRate', value: 5e-4 },
      { name: 'maxSteps', value: 20 },
      { name: 'loraModules', value: 'q_proj' },
      { name: 'rankStabilized', value: true },
    ]);
  });
});

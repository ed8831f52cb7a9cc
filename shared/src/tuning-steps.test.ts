import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hyperParametersSchema } from './tuning.ts';
import { evaluationInterval, evaluationsUpTo, tuningSteps } from './tuning-steps.ts';

it('evaluations come every 10 steps, and K / 128 · 5 above 128 shots', () => {
  expect([16, 128, 256, 1024, 8000].map(evaluationInterval)).toEqual([10, 10, 10, 40, 313]);
});

it('counts the steps of the paper’s recipe', () => {
  const recipe = hyperParametersSchema.parse({});
  expect(tuningSteps(recipe, 64)).toEqual({ total: 200, every: 10, least: 110 });
  expect(tuningSteps(recipe, 256)).toEqual({ total: 400, every: 10, least: 110 });
  expect(tuningSteps({ ...recipe, maxSteps: 8 }, 64)).toEqual({ total: 8, every: 10, least: 8 });
});

/** A run as the training loop does it, of which the first evaluation that counts is the best. */
function run({ total, every }: { total: number; every: number }, patience: number, warmupSteps: number) {
  let [evaluations, withoutGain, judged] = [0, 0, false];
  for (let step = 1; ; step++) {
    if (step % every === 0 || step === total) {
      evaluations++;
      const learned = warmupSteps === 0 || step > 1;
      if (learned && judged) withoutGain++;
      if (learned) judged = true;
    }
    if (withoutGain >= patience || step === total) return { step, evaluations };
  }
}

it('ends at its soonest where its patience does, and is judged as often as it is on the way', () => {
  const recipes = fc.record({
    batchSize: fc.integer({ min: 1, max: 40 }),
    epochs: fc.integer({ min: 1, max: 12 }),
    patience: fc.integer({ min: 1, max: 6 }),
    warmupSteps: fc.integer({ min: 0, max: 3 }),
    evaluateEverySteps: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    maxSteps: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(recipes, fc.integer({ min: 1, max: 200 }), (recipe, samples) => {
      const steps = tuningSteps(recipe, samples);
      const soonest = run(steps, recipe.patience, recipe.warmupSteps);
      expect(steps.least).toBe(soonest.step);
      expect(evaluationsUpTo(steps.least, steps)).toBe(soonest.evaluations);
      const whole = run(steps, Number.POSITIVE_INFINITY, recipe.warmupSteps);
      expect([whole.step, whole.evaluations]).toEqual([steps.total, evaluationsUpTo(steps.total, steps)]);
    }),
  );
});

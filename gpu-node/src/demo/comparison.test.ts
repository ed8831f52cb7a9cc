import { evaluationReportSchema } from '@tallrec/shared/wire/evaluations';
import { describe, expect, it } from 'vitest';
import { comparedMethods, verdict } from './comparison.ts';

const report = (values: Record<string, number | null>) =>
  evaluationReportSchema.parse({
    auc: 0.5,
    interval: { low: 0.45, high: 0.55, level: 0.95, resampled: 'users' },
    perUserAuc: 0.5,
    users: 11,
    n: 400,
    likedShare: 0.6,
    ruleAuc: 0.7,
    rulePerUserAuc: 0.5,
    popularityAuc: 0.6,
    popularityPerUserAuc: 0.55,
    template: 'clean',
    precision: 'f32',
    provider: 'cpu',
    tokens: 1,
    durationMs: 1,
    ...values,
  });

describe('the comparison', () => {
  it('has the blend beside the plain score where there is one', () => {
    const before = report({});
    const names = (after: typeof before) => comparedMethods({ before, after, shots: 64 }).map(({ name }) => name);
    expect(names(report({}))).toEqual([
      'model, not tuned',
      'model, tuned on 64 samples',
      'rule: share of history liked',
      'rule: item popularity',
    ]);
    const after = report({ auc: 0.6, blendAuc: 0.75, blendPerUserAuc: 0.6 });
    expect(comparedMethods({ before, after, shots: 64 }).at(-1)).toEqual({
      name: 'blend: tuned model and rules',
      auc: 0.75,
      interval: null,
      perUserAuc: 0.6,
    });
    expect(comparedMethods({ before, after, shots: 64 })[1]).toMatchObject({ auc: 0.6, perUserAuc: 0.5 });
  });

  it.each([
    [0.71, 0.5, 'to 71.0, above the 70.0', 'to 50.0, level with the 50.0'],
    [0.695, 0.58, 'to 69.5, level with the 70.0', 'to 58.0, above the 50.0'],
    [0.61, 0.47, 'to 61.0, below the 70.0', 'to 47.0, below the 50.0'],
  ])('says how it went: %d, within users %d', (auc, perUserAuc, all, within) => {
    const [first, second] = verdict({ before: report({}), after: report({ auc, perUserAuc }), shots: 64 }).split('. ');
    expect(first).toContain(all);
    expect(second).toContain(within);
  });

  it('says so where there is no AUC', () => {
    const text = verdict({ before: report({}), after: report({ perUserAuc: null }), shots: 64 });
    expect(text).toContain('Within users there is no AUC');
    expect(text).not.toMatch(/null|NaN/);
  });
});

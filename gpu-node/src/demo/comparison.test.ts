import { type EvaluationReport, evaluationReportSchema, type JudgedDifference } from '@tallrec/shared/wire/evaluations';
import { describe, expect, it } from 'vitest';
import { type Comparison, comparedMethods, judgeFacts, verdict } from './comparison.ts';

const difference = (value: number, low: number, high: number, verdict: JudgedDifference['verdict']) => ({
  ...{ value, low, high, level: 0.95, resampled: 'users' as const, verdict },
});
const both = (all: JudgedDifference, withinUsers = all) => ({ all, withinUsers });
const LEVEL = both(difference(0.001, -0.02, 0.02, 'level'));

const report = (values: Partial<EvaluationReport> = {}) =>
  evaluationReportSchema.parse({
    auc: 0.74,
    interval: { low: 0.7, high: 0.78, level: 0.95, resampled: 'users' },
    perUserAuc: 0.61,
    users: 11,
    n: 400,
    likedShare: 0.6,
    ruleAuc: 0.73,
    rulePerUserAuc: 0.5,
    popularityAuc: 0.6,
    popularityPerUserAuc: 0.55,
    untunedAuc: 0.735,
    untunedPerUserAuc: 0.62,
    template: 'clean',
    precision: 'f32',
    provider: 'cpu',
    tokens: 1,
    durationMs: 1,
    ...values,
  });
const compared = (values?: Partial<EvaluationReport>): Comparison => ({
  report: report(values),
  facts: { auc: 0.66, perUserAuc: 0.7 },
  shots: 64,
});
const blended = (blend: ReturnType<typeof both>) => ({
  ...{ scoreBlendAuc: 0.79, rankBlendPerUserAuc: 0.71 },
  differences: {
    rule: LEVEL,
    popularity: LEVEL,
    untuned: LEVEL,
    blend: { rule: blend, popularity: blend, untuned: blend },
  },
});

describe('the comparison', () => {
  it('has the rules, the facts alone, the model before and after, and the blend where there is one', () => {
    const names = comparedMethods(compared()).map(({ name }) => name);
    expect(names).toEqual([
      'rule: share of history liked',
      'rule: item popularity',
      'rule: item facts alone',
      'model, not tuned',
      'model, tuned on 64 samples',
    ]);
    expect(comparedMethods(compared())[2]).toMatchObject({ auc: 0.66, perUserAuc: 0.7 });
    expect(comparedMethods(compared())[3]).toMatchObject({ auc: 0.735, perUserAuc: 0.62 });
    expect(comparedMethods(compared(blended(LEVEL))).at(-1)).toMatchObject({
      ...{ name: 'blend: model, rules, facts', auc: 0.79, perUserAuc: 0.71 },
    });
  });

  it.each([
    [difference(0.06, 0.02, 0.1, 'better'), 'the blend 79.0: +6.0 [+2.0, +10.0], better.'],
    [difference(0.01, -0.02, 0.04, 'level'), 'the blend 79.0: +1.0 [−2.0, +4.0], level.'],
    [difference(-0.06, -0.1, -0.02, 'worse'), 'the blend 79.0: −6.0 [−10.0, −2.0], worse.'],
    [difference(0.06, 0.02, 0.1, 'unknown'), 'of too few people to say.'],
  ])('says how it went, by the interval of the difference', (of, words) => {
    const [like, first, changed] = verdict(compared(blended(both(of))));
    expect(like).toContain(words);
    expect(first).toContain('Popularity has 55.0; the blend 71.0: ');
    expect(changed).toContain('All rows +0.1 [−2.0, +2.0], level; within users +0.1');
  });

  it('says so where nothing can be said', () => {
    const text = verdict(compared({ auc: null, untunedAuc: null })).join(' ');
    expect(text).toContain('the blend –: not to be judged');
    expect(text).not.toMatch(/null|NaN|undefined/);
  });

  it('judges the facts alone by what they say of the target', () => {
    const samples = [true, false, true, false].map((liked, index) => ({
      ...{ user: 'a', noun: 'movie', history: [], target: { title: `${index}` }, liked },
    }));
    expect(judgeFacts(samples, ({ target }) => Number(target.title))).toEqual({ auc: 0.25, perUserAuc: 0.25 });
  });
});

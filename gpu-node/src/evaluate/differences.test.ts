import { probabilityOf } from '@tallrec/shared/blend';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { describe, expect, it } from 'vitest';
import { judge } from './judge.ts';

/** What a user likes is known to a scoring as well as its share of `signal`. */
function drawn(users: number, signal: number) {
  const random = Random.seeded(7);
  const samples: LabelledSample[] = [];
  const scores: number[] = [];
  for (let index = 0; index < users * 30; index++) {
    const taste = random.normal();
    samples.push({
      user: `u${index % users}`,
      noun: 'movie',
      history: [{ title: 'A', liked: random.uniform() < 0.5 }],
      target: { title: `item ${index % 7}` },
      liked: random.uniform() < probabilityOf(2 * taste),
    });
    scores.push(signal * taste + random.normal());
  }
  return { samples, scores };
}

describe('differences', () => {
  it('say in words what their intervals allow, over all rows and within users', () => {
    const { samples, scores } = drawn(20, 3);
    const { differences, auc, ruleAuc, overRule } = judge(samples, scores, { untuned: scores }).figures;
    expect(differences!.rule.all).toMatchObject({ verdict: 'better', value: auc! - ruleAuc!, resampled: 'users' });
    expect(differences!.rule.withinUsers!.verdict).toBe('better');
    expect(differences!.rule.all).toMatchObject(overRule!.auc!);
    expect(differences!.untuned!.all).toMatchObject({ verdict: 'level', value: 0, low: 0, high: 0 });
    expect(differences).toMatchObject({ popularity: null, blend: null });

    const reversed = judge(
      samples,
      scores.map((score) => -score),
      { train: samples, untuned: scores },
    ).figures.differences!;
    expect(reversed.rule.all!.verdict).toBe('worse');
    expect(reversed.untuned!.withinUsers!.verdict).toBe('worse');
    expect(reversed.popularity!.all!.value).toEqual(expect.any(Number));
  });

  it('are unknown by fewer than ten users, however large', () => {
    const { samples, scores } = drawn(9, 5);
    const { rule } = judge(samples, scores).figures.differences!;
    expect(rule.all).toMatchObject({ verdict: 'unknown', resampled: 'rows' });
    expect(rule.all!.low).toBeGreaterThan(0);
    expect(rule.withinUsers).toBeNull();
  });

  it('are given of the blend, too: its score over all rows, its rank within users', () => {
    const { samples, scores } = drawn(20, 1);
    const blended = samples.map(({ liked }, index) => ({ logOdds: scores[index]!, rank: liked ? 1 : 0 }));
    const { figures } = judge(samples, scores, { blended });
    expect(figures).toMatchObject({ scoreBlendAuc: figures.auc, rankBlendPerUserAuc: 1 });
    expect(figures.differences!.blend!.rule.all).toEqual(figures.differences!.rule.all);
    expect(figures.differences!.blend!.rule.withinUsers!.value).toBeCloseTo(1 - figures.rulePerUserAuc!, 12);
  });
});

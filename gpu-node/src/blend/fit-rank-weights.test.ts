import { auc } from '@tallrec/shared/metrics';
import { Random } from '@tallrec/shared/random';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitRankWeights, type RankedRow } from './fit-rank-weights.ts';

const log1pExp = (x: number) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));

/** The objective as it is written down, pair by pair. */
function objective(
  rows: readonly RankedRow[],
  weights: readonly number[],
  prior: { weight: number; strength: number },
) {
  const deviation = weights.map((_, j) => {
    const column = rows.map(({ features }) => features[j]!);
    const mean = column.reduce((a, b) => a + b, 0) / column.length;
    return Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length);
  });
  const r = ({ features }: RankedRow) => features.reduce((sum, value, j) => sum + weights[j]! * value, 0);
  let sum = weights.reduce((total, w, j) => total + (prior.strength / 2) * (w * deviation[j]! - prior.weight) ** 2, 0);
  for (const user of new Set(rows.map((row) => row.user))) {
    const own = rows.filter((row) => row.user === user);
    const losses = own
      .filter(({ liked }) => liked)
      .flatMap((a) => own.filter(({ liked }) => !liked).map((b) => log1pExp(r(b) - r(a))));
    if (losses.length > 0) sum += losses.reduce((a, b) => a + b, 0) / losses.length;
  }
  return sum;
}

function draw(users: number, seed: number, of: (x: number[]) => number): RankedRow[] {
  const random = Random.seeded(seed);
  return Array.from({ length: users * 20 }, (_, index) => {
    const features = [random.normal(), 3 * random.normal(), random.normal()];
    return { features, user: `u${index % users}`, liked: random.uniform() < 1 / (1 + Math.exp(-of(features))) };
  });
}

const prior = { weight: 0.3, strength: 3 };

describe('the weights of a ranking', () => {
  test('one pair of one feature has the weight that its equation asks for', () => {
    const rows = [
      { features: [1], liked: true, user: 'a' },
      { features: [-1], liked: false, user: 'a' },
    ];
    // The deviation is 1 and the difference 2: w = 0.3 + 2 σ(−2w) / strength.
    const { weights, users } = fitRankWeights(rows, { weight: 0.3, strength: 2 });
    expect(users).toBe(1);
    expect(weights[0]).toBeCloseTo(0.3 + 1 / (1 + Math.exp(2 * weights[0]!)), 7);
  });

  test('are where no other weights of zero and above are better', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 12 }), (seed, users) => {
        const rows = draw(users, seed, ([a, b]) => a! - 0.2 * b!);
        const { weights } = fitRankWeights(rows, prior);
        const least = objective(rows, weights, prior);
        for (let j = 0; j < weights.length; j++) {
          for (const step of [1e-3, -1e-3]) {
            const other = weights.map((w, k) => (k === j ? Math.max(0, w + step) : w));
            expect(objective(rows, other, prior)).toBeGreaterThanOrEqual(least - 1e-9);
          }
        }
        expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 30 },
    );
  });

  test('find what orders within many users, and are the prior where none tells', () => {
    const rows = draw(60, 1, ([a, b]) => 2 * a! - 0.5 * b!);
    const { weights, users } = fitRankWeights(rows);
    expect(users).toBe(60);
    expect(weights[1]).toBe(0);
    expect(weights[0]).toBeGreaterThan(1);
    const test = draw(60, 2, ([a, b]) => 2 * a! - 0.5 * b!);
    const scored = test.map(({ features, liked }) => ({
      liked,
      score: features.reduce((s, v, j) => s + v * weights[j]!, 0),
    }));
    expect(auc(scored)).toBeGreaterThan(0.75);

    const nobody = rows.map((row) => ({ ...row, user: undefined }));
    const unfit = fitRankWeights(nobody);
    expect(unfit.users).toBe(0);
    expect(unfit.weights[0]! / unfit.weights[1]!).toBeCloseTo(3, 0);
    expect(fitRankWeights(rows.map((row) => ({ ...row, features: [1, 1, 1] }))).weights).toEqual([0, 0, 0]);
    expect(() => fitRankWeights([{ ...rows[0]!, features: [Number.NaN] }])).toThrow(RangeError);
  });

  test('do not depend on the units of the features, nor on how often a user is asked', () => {
    const rows = draw(5, 3, ([a]) => a!);
    const { weights } = fitRankWeights(rows, prior);
    const scaled = rows.map((row) => ({
      ...row,
      features: row.features.map((value, j) => (j === 0 ? 10 * value : value)),
    }));
    expect(fitRankWeights(scaled, prior).weights[0]! * 10).toBeCloseTo(weights[0]!, 6);
    const twice = fitRankWeights([...rows, ...rows], prior).weights;
    twice.forEach((weight, j) => {
      expect(weight).toBeCloseTo(weights[j]!, 6);
    });
  });
});

import { Random } from '@tallrec/shared/random';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitLogistic } from './logistic-regression.ts';

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** The derivative by each weight at a fit, written down anew. */
function gradientAt(rows: number[][], labels: boolean[], ridge: number): number[] {
  const { bias, weights } = fitLogistic(rows, labels, { ridge });
  const errors = rows.map((row, i) => sigmoid(row.reduce((z, x, j) => z + x * weights[j]!, bias)) - Number(labels[i]));
  const by = weights.map((weight, j) => {
    const mean = rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length;
    const variance = rows.reduce((sum, row) => sum + (row[j]! - mean) ** 2, 0) / rows.length;
    return errors.reduce((sum, error, i) => sum + error * rows[i]![j]!, ridge * weight * variance);
  });
  return [errors.reduce((sum, error) => sum + error, 0), ...by];
}

describe('logistic regression', () => {
  test('finds the weights that labels were drawn by', () => {
    const random = Random.seeded(5);
    const rows = Array.from({ length: 40_000 }, () => [3 * random.normal(), 10 + random.uniform()]);
    const labels = rows.map(([a, b]) => random.uniform() < sigmoid(-1 + 0.8 * a! - 0.5 * (b! - 10)));
    const { bias, weights } = fitLogistic(rows, labels);
    expect(weights[0]).toBeCloseTo(0.8, 1);
    expect(weights[1]).toBeCloseTo(-0.5, 0);
    expect(bias - 5).toBeCloseTo(-1, 0);
  });

  test('one feature of two values has an answer in closed form', () => {
    // 3 of 4 liked at 1, 1 of 4 at 0: the log-odds are ±log 3.
    const rows = [1, 1, 1, 1, 0, 0, 0, 0].map((x) => [x]);
    const labels = [true, true, true, false, true, false, false, false];
    const { bias, weights } = fitLogistic(rows, labels, { ridge: 0 });
    expect(bias).toBeCloseTo(-Math.log(3), 9);
    expect(weights[0]).toBeCloseTo(2 * Math.log(3), 9);
  });

  test('ends at the optimum for any data, also what a line separates, and whatever the units', () => {
    const row = fc.tuple(
      fc.integer({ min: -50, max: 50 }),
      fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 1000),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 40 }), (data) => {
        const labels = [true, false, ...data.slice(2).map(([, , liked]) => liked)];
        const rows = data.map(([a, b]) => [a, b]);
        const scale = Math.max(1, ...rows.flat().map(Math.abs));
        for (const value of gradientAt(rows, labels, 1)) expect(Math.abs(value) / scale).toBeLessThan(1e-6);
        const inOtherUnits = fitLogistic(
          rows.map(([a, b]) => [1000 * a!, b! / 7]),
          labels,
        );
        const plain = fitLogistic(rows, labels);
        expect(inOtherUnits.weights[0]! * 1000).toBeCloseTo(plain.weights[0]!, 5);
      }),
      { numRuns: 100 },
    );
  });

  test('a feature that never varies counts nothing; a class that is missing is refused', () => {
    const { bias, weights } = fitLogistic(
      [
        [0.1, 1],
        [0.1, 2],
        [0.1, 3],
      ],
      [false, true, true],
    );
    expect(weights[0]).toBe(0);
    expect(Number.isFinite(bias)).toBe(true);
    expect(() => fitLogistic([[1], [2]], [true, true])).toThrow(/both classes/);
    expect(() => fitLogistic([[1], [Number.NaN]], [true, false])).toThrow(/not finite/);
  });
});

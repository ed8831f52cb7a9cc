import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnsweredRow, pairedOrder, pairLoss, pairsOf } from './pairs.ts';

const row = (user: string | undefined, liked: boolean): AnsweredRow => ({
  ...{ user, liked, answerAt: 1 },
  ...{ tokens: [], labels: [] },
});
const rowsOf = fc.array(
  fc.record({ user: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }), liked: fc.boolean() }),
  { maxLength: 40 },
);

describe('pairs', () => {
  it('are every liked with every disliked row of the same named user', () => {
    const rows = [row('a', true), row('a', false), row('b', false), row('a', false), row(undefined, true)];
    expect(pairsOf([...rows, row(undefined, false), row('b', true)])).toEqual([
      [0, 1],
      [0, 3],
      [6, 2],
    ]);
  });

  it('come together in batches as far as their users have both, and no row is lost', () => {
    fc.assert(
      fc.property(rowsOf, fc.integer({ min: 1, max: 4 }), fc.nat(), (drawn, half, seed) => {
        const rows = drawn.map(({ user, liked }) => row(user, liked));
        const batchSize = 2 * half;
        const order = pairedOrder(rows, batchSize, seed);
        expect(order.toSorted((a, b) => a - b)).toEqual(rows.map((_, index) => index));
        expect(pairedOrder(rows, batchSize, seed)).toEqual(order);
        const possible = ['a', 'b', 'c'].map((user) => {
          const own = rows.filter((one) => one.user === user);
          return Math.min(own.filter(({ liked }) => liked).length, own.filter(({ liked }) => !liked).length);
        });
        const inBatches = new Set<number>();
        for (let from = 0; from < order.length; from += batchSize) {
          const batch = order.slice(from, from + batchSize);
          for (const pair of pairsOf(batch.map((index) => rows[index]!))) {
            for (const at of pair) inBatches.add(batch[at]!);
          }
        }
        // Where only pairs are left for a last odd place, one of them is torn.
        const torn = rows.length / batchSize;
        expect(inBatches.size).toBeGreaterThanOrEqual(2 * (possible.reduce((sum, n) => sum + n, 0) - torn));
      }),
    );
  });

  it('are in another order in another epoch', () => {
    const rows = Array.from({ length: 30 }, (_, index) => row(`${index % 5}`, index % 2 === 0));
    expect(pairedOrder(rows, 8, 1)).not.toEqual(pairedOrder(rows, 8, 2));
  });

  it('cost log 2 where margins are level, less where the liked one leads; the slopes are those of the loss', () => {
    expect(pairLoss([0.3, 0.3], [[0, 1]]).loss).toBeCloseTo(Math.LN2, 12);
    expect(pairLoss([1000, -1000], [[0, 1]]).loss).toBe(0);
    expect(pairLoss([-1000, 1000], [[0, 1]])).toEqual({ loss: 2000, slopes: [-1, 1] });
    expect(pairLoss([1, 2], [])).toEqual({ loss: 0, slopes: [0, 0] });
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 0, max: 3 }),
        (margins, at) => {
          const pairs = [[0, 1], [0, 2], [3, 2]] as const; // biome-ignore format: short
          const h = 1e-5;
          const moved = (by: number) => pairLoss(margins.map((m, i) => (i === at ? m + by : m)), pairs).loss; // biome-ignore format: short
          expect(pairLoss(margins, pairs).slopes[at]).toBeCloseTo((moved(h) - moved(-h)) / (2 * h), 6);
        },
      ),
    );
  });
});

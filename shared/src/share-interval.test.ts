import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shareInterval } from './share-interval.ts';

it('is Wilson’s: the ends are where the share lies 1.96 standard errors away', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
      const count = Math.round(part * n);
      const { low, high } = shareInterval(count, n);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      for (const end of [low, high].filter((value) => value > 1e-9 && value < 1 - 1e-9)) {
        expect(Math.abs(count / n - end) / Math.sqrt((end * (1 - end)) / n)).toBeCloseTo(1.959964, 5);
      }
    }),
  );
});

it('is what tables print: 8 of 10', () => {
  const { low, high } = shareInterval(8, 10);
  expect([low, high]).toEqual([expect.closeTo(0.4902, 3), expect.closeTo(0.9433, 3)]);
});

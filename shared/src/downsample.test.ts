import fc from 'fast-check';
import { expect, it } from 'vitest';
import { downsample } from './downsample.ts';

it('keeps the ends and the extremes in order, and never more than it was told', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 2, max: 100 }),
      (heights, points) => {
        const curve = heights.map((height, at) => ({ at, height }));
        const kept = downsample(curve, points, ({ height }) => height);
        expect(kept.length).toBeLessThanOrEqual(Math.max(points, 1));
        expect(kept.map(({ at }) => at)).toEqual(kept.map(({ at }) => at).toSorted((a, b) => a - b));
        expect([kept[0], kept.at(-1)]).toEqual([curve[0], curve.at(-1)]);
        if (points < 4) return;
        const extreme = (of: typeof kept) => [
          Math.min(...of.map(({ height }) => height)),
          Math.max(...of.map(({ height }) => height)),
        ];
        expect(extreme(kept)).toEqual(extreme(curve));
      },
    ),
  );
});

it('keeps all where there are few', () => {
  expect(downsample([3, 1, 2], undefined, (x) => x)).toEqual([3, 1, 2]);
  expect(downsample([3, 1, 2], 3, (x) => x)).toEqual([3, 1, 2]);
});

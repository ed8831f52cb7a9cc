import { describe, expect, it } from 'vitest';
import { seedsInterval } from './seeds-interval.ts';

describe('an interval over seeds', () => {
  it('is undefined for one seed and has no width where nothing varies', () => {
    expect(seedsInterval([0.5])).toBeNull();
    const same = seedsInterval([0.5, 0.5, 0.5])!;
    expect(same.high - same.low).toBe(0);
  });

  it('is the range of two seeds, which say nothing of others', () => {
    expect(seedsInterval([0.54, 0.5])).toEqual({ low: 0.5, high: 0.54, level: null });
  });

  it('is the mean with t · s / √n on either side', () => {
    // Deviation .02, t of 2 degrees of freedom.
    const { low, high } = seedsInterval([0.5, 0.52, 0.54])!;
    expect((low + high) / 2).toBeCloseTo(0.52, 12);
    expect((high - low) / 2).toBeCloseTo((4.303 * 0.02) / Math.sqrt(3), 12);
  });
});

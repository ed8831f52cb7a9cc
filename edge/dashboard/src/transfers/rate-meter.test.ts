import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RateMeter } from './rate-meter.ts';

it('tells a steady rate as it is, from however many points', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 500 }), (perMs, stepMs) => {
      const meter = new RateMeter();
      for (let at = 0; at <= 60_000; at += stepMs) meter.add(at, at * perMs);
      expect(meter.bytesPerSecond).toBeCloseTo(perMs * 1000, 3);
    }),
  );
});

it('forgets what is long ago, and begins anew where bytes are lost', () => {
  const meter = new RateMeter();
  for (let at = 0; at <= 20_000; at += 100) meter.add(at, Math.min(at, 5000));
  expect(meter.bytesPerSecond).toBeNull();
  meter.add(20_100, 0);
  meter.add(22_100, 4000);
  expect(meter.bytesPerSecond).toBe(2000);
});

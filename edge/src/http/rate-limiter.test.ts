import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from './rate-limiter.ts';

/** A limiter by a clock that the test sets. */
function withLimiter(test: (limiter: RateLimiter, clock: { ms: number }, again: () => RateLimiter) => Promise<void>) {
  const stub = env.RATE_LIMITER.get(env.RATE_LIMITER.newUniqueId());
  return runInDurableObject(stub as never, async (_, state) => {
    const clock = { ms: Date.UTC(2030, 0, 1) };
    const make = () => {
      const limiter = new RateLimiter(state, env);
      limiter.clock = { nowMs: () => clock.ms };
      return limiter;
    };
    await test(make(), clock, make);
  });
}

async function passed(limiter: RateLimiter, sent: number, requestsPerMinute = 60): Promise<number> {
  let count = 0;
  for (let at = 0; at < sent; at++) if ((await limiter.take(requestsPerMinute)).allowed) count++;
  return count;
}

describe('the rate limiter', () => {
  it('lets a minute of requests through at once, then one for each that the time gives', () =>
    withLimiter(async (limiter, clock) => {
      expect(await limiter.take(60)).toEqual({
        allowed: true,
        taken: 1,
        remaining: 59,
        retryAfterMs: 0,
        resetMs: 1000,
      });
      expect(await passed(limiter, 100)).toBe(59);
      expect(await limiter.take(60)).toEqual({
        allowed: false,
        taken: 0,
        remaining: 0,
        retryAfterMs: 1000,
        resetMs: 60_000,
      });
      clock.ms += 2500;
      expect(await passed(limiter, 100)).toBe(2);
      expect((await limiter.take(60)).retryAfterMs).toBe(500);
      clock.ms += 3_600_000;
      expect(await passed(limiter, 100)).toBe(60);
    }));

  it('gives nothing for a clock that is set back, and goes on from there', () =>
    withLimiter(async (limiter, clock) => {
      expect(await passed(limiter, 100)).toBe(60);
      clock.ms -= 3_600_000;
      expect(await passed(limiter, 10)).toBe(0);
      clock.ms += 1000;
      expect(await passed(limiter, 10)).toBe(1);
    }));

  it('is no fuller after its object was evicted, but for what was not saved yet', () =>
    withLimiter(async (limiter, clock, again) => {
      expect(await passed(limiter, 100)).toBe(60);
      clock.ms += 10_000;
      expect(await passed(again(), 100)).toBeLessThanOrEqual(10 + 6);
    }));
});

// A token bucket for each API key, in one Durable Object a key: exact across all isolates, the same locally and deployed.
import { DurableObject } from 'cloudflare:workers';
import { z } from 'zod';
import type { Clock } from '../deps.ts';
import type { RateLimiterApi, Taken } from './rate-limiter-api.ts';

const bucketSchema = z.object({ tokens: z.number(), atMs: z.number() });
/** What of a bucket may be forgotten when the object is evicted; saving each request would write as often as it is asked. */
const UNSAVED_SHARE = 0.1;

export class RateLimiter extends DurableObject implements Pick<RateLimiterApi, 'take'> {
  /** Of the object itself: those of the isolates that ask differ from one another. */
  clock: Clock = { nowMs: () => Date.now() };
  private bucket = bucketSchema.safeParse(this.ctx.storage.kv.get('bucket')).data;
  private unsaved = 0;

  async take(requestsPerMinute: number, wanted = 1, unused = 0): Promise<Taken> {
    const perMs = requestsPerMinute / 60_000;
    const nowMs = this.clock.nowMs();
    const { tokens, atMs } = this.bucket ?? { tokens: requestsPerMinute, atMs: nowMs };
    // A clock that was set back fills nothing; from then on it counts anew.
    let left = Math.min(requestsPerMinute, tokens + unused + Math.max(0, nowMs - atMs) * perMs);
    const taken = Math.min(wanted, Math.floor(left));
    const allowed = taken > 0;
    left -= taken;
    this.bucket = { tokens: left, atMs: nowMs };
    this.unsaved += taken;
    if (this.unsaved >= requestsPerMinute * UNSAVED_SHARE) {
      this.ctx.storage.kv.put('bucket', this.bucket);
      this.unsaved = 0;
    }
    return {
      allowed,
      taken,
      remaining: Math.floor(left),
      retryAfterMs: allowed ? 0 : Math.ceil((1 - left) / perMs),
      resetMs: Math.ceil((requestsPerMinute - left) / perMs),
    };
  }
}

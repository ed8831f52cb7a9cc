// A token bucket for each API key, in one Durable Object a key: exact across all isolates, the same locally and deployed.
import { DurableObject } from 'cloudflare:workers';

export interface Taken {
  allowed: boolean;
  /** Until the next request would pass; 0 when this one does. */
  retryAfterMs: number;
}

/** The bucket lives in memory: an evicted object was idle, and an idle key's bucket is full anyway. */
export class RateLimiter extends DurableObject {
  private tokens = Number.POSITIVE_INFINITY;
  private atMs = 0;

  take(requestsPerMinute: number, nowMs: number): Taken {
    const perMs = requestsPerMinute / 60_000;
    this.tokens = Math.min(requestsPerMinute, this.tokens + Math.max(0, nowMs - this.atMs) * perMs);
    this.atMs = nowMs;
    if (this.tokens < 1) return { allowed: false, retryAfterMs: Math.ceil((1 - this.tokens) / perMs) };
    this.tokens -= 1;
    return { allowed: true, retryAfterMs: 0 };
  }
}

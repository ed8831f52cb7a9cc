// What a RateLimiter object answers; the class itself is known to worker.ts alone.
export interface Taken {
  allowed: boolean;
  /** Requests that would pass at once after this one. */
  remaining: number;
  /** Until the next request would pass; 0 when this one does. */
  retryAfterMs: number;
  /** Until the bucket is full again. */
  resetMs: number;
}

export interface RateLimiterApi extends Rpc.DurableObjectBranded {
  /** By the object's own clock. */
  take(requestsPerMinute: number): Promise<Taken>;
}

// What a RateLimiter object answers; the class itself is known to worker.ts alone.
export interface Taken {
  allowed: boolean;
  /** How many requests were taken, of those asked for. */
  taken: number;
  /** Requests that would pass at once after these. */
  remaining: number;
  /** Until the next request would pass; 0 when these do. */
  retryAfterMs: number;
  /** Until the bucket is full again. */
  resetMs: number;
}

export interface RateLimiterApi extends Rpc.DurableObjectBranded {
  /**
   * By the object's own clock.
   * @param wanted requests to take at once, or as many of them as there are
   * @param unused of those taken before, which come back
   */
  take(requestsPerMinute: number, wanted?: number, unused?: number): Promise<Taken>;
}

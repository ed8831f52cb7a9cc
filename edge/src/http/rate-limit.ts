// A key's requests of this minute. The object that counts them is asked for each one where they are few; where they are many, for a tenth
// of a second's worth at once, which this isolate then holds for a second at most: what is left of it goes back.
import type { RateLimiterApi, Taken } from './rate-limiter-api.ts';

const BLOCKS_PER_MINUTE = 600;
const HELD_FOR_MS = 1000;
const MAX_HELD = 1000;

interface Block {
  requestsPerMinute: number;
  left: number;
  /** What the object had besides. */
  remaining: number;
  takenAtMs: number;
}

const held = new Map<string, Block>();
/** Since when one request asks for the next block; those beside it take one each. */
const asking = new Map<string, number>();

/** @param key its id */
export async function takeRequest(
  limiters: DurableObjectNamespace<RateLimiterApi>,
  key: string,
  requestsPerMinute: number,
  nowMs: number,
): Promise<Omit<Taken, 'taken'>> {
  const block = held.get(key);
  const holds = block?.requestsPerMinute === requestsPerMinute && nowMs - block.takenAtMs < HELD_FOR_MS;
  if (holds && block.left > 0) {
    block.left--;
    const remaining = block.remaining + block.left;
    const resetMs = Math.ceil((60_000 * (requestsPerMinute - remaining)) / requestsPerMinute);
    return { allowed: true, remaining, retryAfterMs: 0, resetMs };
  }
  const limiter = limiters.get(limiters.idFromName(key));
  const wanted = Math.floor(requestsPerMinute / BLOCKS_PER_MINUTE);
  if (wanted < 2 || nowMs - (asking.get(key) ?? Number.NEGATIVE_INFINITY) < HELD_FOR_MS)
    return await limiter.take(requestsPerMinute);
  asking.set(key, nowMs);
  held.delete(key);
  try {
    const answer = await limiter.take(requestsPerMinute, wanted, block?.left ?? 0);
    const left = answer.taken - 1;
    if (left > 0) {
      if (held.size >= MAX_HELD) held.delete(held.keys().next().value!);
      held.set(key, { requestsPerMinute, left, remaining: answer.remaining, takenAtMs: nowMs });
    }
    return { ...answer, remaining: answer.remaining + Math.max(0, left) };
  } finally {
    asking.delete(key);
  }
}

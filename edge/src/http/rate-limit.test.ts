import { describe, expect, it } from 'vitest';
import { takeRequest } from './rate-limit.ts';
import type { Taken } from './rate-limiter-api.ts';

let keys = 0;

/** One key and its limiter: a bucket without a clock, which counts how often it is asked and can be made to wait. */
function limited(requestsPerMinute: number) {
  const world = { tokens: requestsPerMinute, asked: [] as number[], hold: Promise.resolve() };
  const take = async (_: number, wanted = 1, unused = 0): Promise<Taken> => {
    world.asked.push(wanted);
    await world.hold;
    world.tokens += unused;
    const taken = Math.min(wanted, world.tokens);
    world.tokens -= taken;
    return { allowed: taken > 0, taken, remaining: world.tokens, retryAfterMs: taken ? 0 : 7, resetMs: 1 };
  };
  const namespace = { idFromName: () => 'id', get: () => ({ take }) } as never;
  const key = `key_${keys++}`;
  return { world, ask: (nowMs: number) => takeRequest(namespace, key, requestsPerMinute, nowMs) };
}

describe("a key's requests", () => {
  it('are each asked for where the limit is small', async () => {
    const { world, ask } = limited(1199);
    for (let at = 0; at < 5; at++) expect((await ask(0)).remaining).toBe(1198 - at);
    expect(world.asked).toEqual([1, 1, 1, 1, 1]);
  });

  it('are taken for a tenth of a second at once where it is large, and counted one by one', async () => {
    const { world, ask } = limited(6000);
    for (let at = 0; at < 25; at++) {
      expect(await ask(at)).toMatchObject({ allowed: true, remaining: 5999 - at, retryAfterMs: 0 });
    }
    expect(world.asked).toEqual([10, 10, 10]);
    // Each comes back after 10 ms.
    expect((await ask(25)).resetMs).toBe(10 * 26);
  });

  it('are let through exactly as often as the limiter has them, then refused in its words', async () => {
    const { world, ask } = limited(6000);
    world.tokens = 25;
    let allowed = 0;
    for (let at = 0; at < 40; at++) if ((await ask(at)).allowed) allowed++;
    expect(allowed).toBe(25);
    expect(await ask(50)).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 7 });
  });

  it('that were not used within a second go back', async () => {
    const { world, ask } = limited(6000);
    await ask(0);
    expect(world.tokens).toBe(5990);
    await ask(1000);
    expect(world.asked).toEqual([10, 10]);
    expect(world.tokens).toBe(5989);
  });

  it('are asked for one by one beside a request that is asking for a block', async () => {
    const { world, ask } = limited(6000);
    const held = Promise.withResolvers<void>();
    world.hold = held.promise;
    const together = [ask(0), ask(0), ask(0)];
    held.resolve();
    await Promise.all(together);
    expect(world.asked).toEqual([10, 1, 1]);
    await ask(1);
    expect(world.asked).toHaveLength(3);
  });
});

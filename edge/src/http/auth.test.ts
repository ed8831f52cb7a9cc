import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { makeDeps } from '../compose.ts';
import { parseEnv } from '../env.ts';
import { keyWith } from '../testing/client.ts';
import { needs } from './auth.ts';
import type { AppEnv } from './context.ts';
import { onError } from './errors.ts';
import type { Taken } from './rate-limiter-api.ts';

const REFUSED: Taken = { allowed: false, taken: 0, remaining: 0, retryAfterMs: 1000, resetMs: 60_000 };
const ALLOWED: Taken = { allowed: true, taken: 1, remaining: 9, retryAfterMs: 0, resetMs: 6000 };

/** A route behind the door, whose limiter answers when the test says so. */
async function behind(door: ReturnType<typeof needs>) {
  const limiter = { asked: Promise.withResolvers<void>(), answer: Promise.withResolvers<Taken>() };
  const take = () => {
    limiter.asked.resolve();
    return limiter.answer.promise;
  };
  const handler = Promise.withResolvers<void>();
  const world = parseEnv(env);
  const app = new Hono<AppEnv>();
  app.onError(onError);
  app.use(async (c, next) => {
    c.set('deps', makeDeps(world));
    c.set('env', { ...world, RATE_LIMITER: { idFromName: () => 'id', get: () => ({ take }) } as never });
    await next();
  });
  app.get('/', door.middleware[0]!, (c) => {
    handler.resolve();
    return c.text('done');
  });
  const key = await keyWith(['score', 'read']);
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const answer = app.request('/', { headers: { Authorization: `Bearer ${key}` } }, env, context as never);
  return { limiter, handler: handler.promise.then(() => 'handler'), answer: Promise.resolve(answer) };
}

describe('the limiter', () => {
  it('is awaited beside the handler where a contract says so, whose answer it still withholds', async () => {
    for (const [taken, status] of [
      [ALLOWED, 200],
      [REFUSED, 429],
    ] as const) {
      const { limiter, handler, answer } = await behind(needs('score', { admission: 'beside' }));
      expect(await handler).toBe('handler');
      const first = await Promise.race([answer.then(() => 'answer'), scheduler.wait(20).then(() => 'nothing')]);
      expect(first).toBe('nothing');
      limiter.answer.resolve(taken);
      const { status: answered, headers } = await answer;
      expect([answered, headers.get('RateLimit-Remaining')]).toEqual([status, String(taken.remaining)]);
    }
  });

  it('is awaited before the handler otherwise', async () => {
    const { limiter, handler, answer } = await behind(needs('read'));
    await limiter.asked.promise;
    limiter.answer.resolve(REFUSED);
    const first = await Promise.race([handler, answer.then(() => 'answer')]);
    expect(first).toBe('answer');
    expect((await answer).status).toBe(429);
  });

  it('that is out of reach is an outage', async () => {
    const { limiter, answer } = await behind(needs('read'));
    await limiter.asked.promise;
    limiter.answer.reject(Object.assign(new Error('Network connection lost.'), { retryable: true }));
    expect((await answer).status).toBe(503);
  });
});

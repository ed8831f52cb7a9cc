// Keys and scopes at the door: who calls, how often, and what for.
import { TallrecError } from '@tallrec/shared/errors';
import type { Scope } from '@tallrec/shared/wire/keys';
import { createMiddleware } from 'hono/factory';
import { authenticate, hasScope } from '../services/keys/authenticate.ts';
import type { AppEnv } from './context.ts';
import { idempotent } from './idempotency.ts';

/** Names the caller and spends one of its requests of this minute. */
export const authenticated = createMiddleware<AppEnv>(async (c, next) => {
  const { deps, env } = c.var;
  const caller = await authenticate(deps, c.req.header('Authorization'));
  c.set('caller', caller);
  if (caller.requestsPerMinute !== null) {
    const bucket = env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(caller.id));
    const { allowed, retryAfterMs } = await bucket.take(caller.requestsPerMinute, deps.clock.nowMs());
    if (!allowed) {
      throw new TallrecError('RATE_LIMITED', `This key may send ${caller.requestsPerMinute} requests a minute.`, {
        fix: `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
        details: { retryAfterMs },
      });
    }
  }
  await next();
});

/** For a contract: `createRoute({ …, ...needs('datasets:write') })` authenticates, checks the scope and documents it. */
export function needs(scope: Scope) {
  const scoped = createMiddleware<AppEnv>(async (c, next) => {
    if (!hasScope(c.var.caller, scope)) {
      throw new TallrecError('FORBIDDEN', `This needs a key with the scope ${scope}.`, {
        fix: 'Ask an administrator for such a key.',
        details: { scope },
      });
    }
    await next();
  });
  return { middleware: [authenticated, scoped], security: [{ apiKey: [scope] as string[] }] };
}

/** The same for a POST that creates: a repeated Idempotency-Key gives the first answer again. */
export function creates(scope: Scope) {
  const { middleware, security } = needs(scope);
  return { middleware: [...middleware, idempotent], security };
}

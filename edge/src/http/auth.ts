// Keys and scopes at the door: who calls, from where, how often, and what for.
import { TallrecError } from '@tallrec/shared/errors';
import type { Scope } from '@tallrec/shared/wire/keys';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import {
  type Authenticated,
  authenticate,
  authenticateSession,
  type Caller,
  hasScope,
} from '../services/authenticate.ts';
import type { AppEnv } from './context.ts';
import { idempotent } from './idempotency.ts';
import { takeRequest } from './rate-limit.ts';
import { checkSameOrigin, sessionSecret } from './session-cookie.ts';

/** What a contract asks of its callers. */
interface Door {
  /** Null: any key will do. */
  scope: Scope | null;
  /** `too`: the operator may come in beside keys with the scope; `only`: nobody else. */
  operator: 'no' | 'too' | 'only';
  /** `beside`: the handler awaits `c.var.admission` together with its own look-ups, in place of the door before it. */
  admission: 'before' | 'beside';
}
interface DoorOptions {
  operator?: boolean;
  admission?: Door['admission'];
}

/** Whatever writes or administers asks the record itself: these alone make do with a key that was found a moment ago. */
const KNOWN_WILL_DO: readonly (Scope | null)[] = ['read', 'score'];

function through(door: Door) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const { caller, noteUse } = await callerOf(c, door);
    c.set('caller', caller);
    c.set('ctx', { workspace: caller.workspace, actor: caller.id });
    if (noteUse) c.executionCtx.waitUntil(noteUse());
    checkOrigin(c, caller);
    const admission = admit(c, caller);
    // Whoever awaits it learns of a refusal; nobody needs to.
    admission.catch(() => undefined);
    c.set('admission', admission);
    if (door.admission === 'before') await admission;
    checkScope(caller, door);
    await next();
    await admission;
  });
}

/** By the key that the request shows, else by the cookie of a browser that is signed in. */
async function callerOf(c: Context<AppEnv>, { scope }: Door): Promise<Authenticated> {
  const authorization = c.req.header('Authorization');
  const session = authorization === undefined ? sessionSecret(c) : undefined;
  if (session === undefined) {
    return authenticate(c.var.deps, authorization, { known: KNOWN_WILL_DO.includes(scope) });
  }
  checkSameOrigin(c);
  return authenticateSession(c.var.deps, session);
}

function checkOrigin(c: Context<AppEnv>, { origins }: Caller): void {
  if (origins === null) return;
  const origin = c.req.header('Origin');
  if (origin === undefined || !origins.includes(origin)) {
    throw new TallrecError('FORBIDDEN', 'This API key holds for requests from its own web pages alone.', {
      fix: 'Send the request from a page of one of its origins, or use another key.',
    });
  }
  c.header('Access-Control-Allow-Origin', origin);
  c.header('Vary', 'Origin', { append: true });
}

function checkScope(caller: Caller, { scope, operator }: Door): void {
  if (caller.operator) {
    if (operator !== 'no') return;
    throw new TallrecError('FORBIDDEN', "The operator's secret makes workspaces, keys and nodes; it reads no data.", {
      fix: 'Use a key of the workspace: POST /v1/keys with its id as `workspace` makes one.',
    });
  }
  if (operator === 'only')
    throw new TallrecError('FORBIDDEN', "This needs the operator's secret.", { fix: 'Ask the operator.' });
  if (scope === null || hasScope(caller, scope)) return;
  throw new TallrecError('FORBIDDEN', `This needs a key with the scope ${scope}.`, {
    fix: 'Ask an administrator for such a key.',
    details: { scope },
  });
}

/** Spends one of the caller's requests of this minute. */
async function admit(c: Context<AppEnv>, { id, requestsPerMinute }: Caller): Promise<void> {
  if (requestsPerMinute === null) return;
  const { env, deps } = c.var;
  const taken = await takeRequest(env.RATE_LIMITER, id, requestsPerMinute, deps.clock.nowMs());
  c.header('RateLimit-Limit', String(requestsPerMinute));
  c.header('RateLimit-Remaining', String(taken.remaining));
  c.header('RateLimit-Reset', String(Math.ceil(taken.resetMs / 1000)));
  if (taken.allowed) return;
  throw new TallrecError('RATE_LIMITED', `This key may send ${requestsPerMinute} requests a minute.`, {
    fix: `Try again in ${Math.ceil(taken.retryAfterMs / 1000)} s.`,
    details: { retryAfterMs: taken.retryAfterMs },
  });
}

/** For a contract: `createRoute({ …, ...needs('datasets:write') })` authenticates, checks the scope and documents it. */
export function needs(scope: Scope, { operator = false, admission = 'before' }: DoorOptions = {}) {
  const security: Record<string, string[]>[] = [{ apiKey: [scope] }, { session: [] }];
  if (operator) security.push({ operator: [] });
  return { middleware: [through({ scope, operator: operator ? 'too' : 'no', admission })], security };
}

/** The same for a POST that creates: a repeated Idempotency-Key gives the first answer again. */
export function creates(scope: Scope, options: DoorOptions = {}) {
  const { middleware, security } = needs(scope, options);
  return { middleware: [...middleware, idempotent], security };
}

/** For any key that holds. */
export function needsKey() {
  const security: Record<string, string[]>[] = [{ apiKey: [] }, { session: [] }];
  return { middleware: [through({ scope: null, operator: 'no', admission: 'before' })], security };
}

/** For the operator alone. */
export function needsOperator() {
  const security: Record<string, string[]>[] = [{ operator: [] }];
  return { middleware: [through({ scope: null, operator: 'only', admission: 'before' })], security };
}

/** The same for a POST that creates. */
export function operatorCreates() {
  const { middleware, security } = needsOperator();
  return { middleware: [...middleware, idempotent], security };
}

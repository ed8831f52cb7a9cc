// One line of JSON a request. Paths are logged as their patterns, so no token, key or query ever gets in.
import type { TallrecError } from '@tallrec/shared/errors';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { faultOf, secretsOf } from '../faults.ts';
import type { AppEnv } from './context.ts';

function patternOf(c: Context<AppEnv>): string {
  return matchedRoutes(c).findLast((route) => route.method !== 'ALL')?.path ?? '(none)';
}

export const requestLog = createMiddleware<AppEnv>(async (c, next) => {
  const { clock } = c.var.deps;
  const startedMs = clock.nowMs();
  await next();
  console.log(
    JSON.stringify({
      requestId: c.var.requestId,
      method: c.req.method,
      path: patternOf(c),
      status: c.res.status,
      durationMs: clock.nowMs() - startedMs,
      workspace: c.var.ctx?.workspace ?? null,
      key: c.var.caller?.id ?? null,
    }),
  );
});

/** What happened inside, for the operator; the user sees only the request id. */
export function logFault(c: Context<AppEnv>, error: TallrecError): void {
  const secrets = c.var.deps ? secretsOf(c.var.deps) : [];
  console.error(
    JSON.stringify({
      requestId: c.var.requestId,
      path: patternOf(c),
      code: error.code,
      fault: faultOf(error.cause, secrets),
    }),
  );
}

/** The header Server-Timing: `edge` is the whole time on the edge, what handlers put into `timings` stands before it. */
export const serverTiming = createMiddleware<AppEnv>(async (c, next) => {
  c.set('timings', {});
  const startedMs = performance.now();
  await next();
  if (c.res.status === 101) return;
  const entries = Object.entries({ ...c.var.timings, edge: performance.now() - startedMs });
  c.header('Server-Timing', entries.map(([name, ms]) => `${name};dur=${Math.max(0, ms).toFixed(1)}`).join(', '));
});

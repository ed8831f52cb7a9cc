// One line of JSON a request. Paths are logged as their patterns, so no token, key or query ever gets in.
import type { TallrecError } from '@tallrec/shared/errors';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import type { AppEnv } from './context.ts';

const SECRETS = /tlr_[\w-]{8,}|Bearer +\S+|[\w-]{20,}\.[\w-]{20,}/gi;

/** Takes out what looks like a key, a node's secret or a signed token, and the configured secrets. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, '[secret]');
  return clean.replace(SECRETS, '[secret]');
}

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
      key: c.var.caller?.id ?? null,
    }),
  );
});

/** What happened inside, for the operator; the user sees only the request id. */
export function logFault(c: Context<AppEnv>, error: TallrecError): void {
  const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : String(error.cause);
  const secrets = c.var.deps ? Object.values(c.var.deps.secrets) : [];
  console.error(
    JSON.stringify({
      requestId: c.var.requestId,
      path: patternOf(c),
      code: error.code,
      fault: redact(cause, secrets),
    }),
  );
}

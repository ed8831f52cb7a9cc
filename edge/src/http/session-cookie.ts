// The cookie of a browser that is signed in: no script can read it, and no other site can have it sent.
import { TallrecError } from '@tallrec/shared/errors';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { AppEnv } from './context.ts';

export const SESSION_COOKIE = 'tallrec_session';

function attributes(c: Context<AppEnv>) {
  // Browsers keep a Secure cookie of http://localhost in part only.
  return { path: '/v1', httpOnly: true, sameSite: 'Strict', secure: new URL(c.req.url).protocol === 'https:' } as const;
}

export function setSession(c: Context<AppEnv>, secret: string, expiresAt: string): void {
  setCookie(c, SESSION_COOKIE, secret, { ...attributes(c), expires: new Date(expiresAt) });
}

export function clearSession(c: Context<AppEnv>): void {
  deleteCookie(c, SESSION_COOKIE, attributes(c));
}

export function sessionSecret(c: Context<AppEnv>): string | undefined {
  return getCookie(c, SESSION_COOKIE);
}

/**
 * Beside SameSite, which lets in what shares the site: what a session asks must come from this very origin.
 * @throws TallrecError FORBIDDEN
 */
export function checkSameOrigin(c: Context<AppEnv>): void {
  const reads = c.req.method === 'GET' || c.req.method === 'HEAD';
  const origin = c.req.header('Origin');
  const from = c.req.header('Sec-Fetch-Site');
  const foreign = origin !== undefined && origin !== new URL(c.req.url).origin;
  const unknown = !reads && origin === undefined;
  if (!foreign && !unknown && (from === undefined || from === 'same-origin' || from === 'none')) return;
  throw new TallrecError('FORBIDDEN', 'A signed-in browser is heard from its own pages alone.', {
    fix: 'Send the request from the dashboard, or with an API key.',
  });
}

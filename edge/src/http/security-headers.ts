// What every answer tells browsers to leave undone; those with a page in them say more.
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './context.ts';

/** Of data, errors among it: should a browser take it for a page, nothing in it works. */
const DATA: Record<string, string> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
};

/** Nothing from elsewhere, and no script in a page; the components set styles on elements. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
];

/** Of a page and its parts. */
export const PAGE_HEADERS: Record<string, string> = {
  ...DATA,
  'Content-Security-Policy': PAGE_POLICY.join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

export const securityHeaders = createMiddleware<AppEnv>((c, next) => {
  for (const [name, value] of Object.entries(DATA)) c.header(name, value);
  return next();
});

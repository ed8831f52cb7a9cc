// The dashboard's files, as vite built them: each under the strictest policy that lets it work.
import type { Context } from 'hono';
import type { AppEnv } from './context.ts';

/** Nothing from elsewhere, and no script in a page; the components set styles on elements. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Their names tell what is in them. */
const HASHED = /^\/assets\//;

/** @returns undefined for what is no page and no part of one */
export async function pageAt(c: Context<AppEnv>): Promise<Response | undefined> {
  const { req } = c;
  const { pathname } = new URL(req.url);
  const reads = req.method === 'GET' || req.method === 'HEAD';
  const isFile = HASHED.test(pathname) || /^\/[\w-]+\.\w+$/.test(pathname);
  const isPage = req.header('Accept')?.includes('text/html') === true;
  if (!reads || /^\/(v1|internal)(\/|$)/.test(pathname) || !(isFile || isPage)) return undefined;
  const assets = c.var.env.ASSETS;
  if (!assets) return undefined;
  const file = await assets.fetch(new Request(req.url, { method: req.method, headers: req.raw.headers }));
  // The page stands for every path that is none of a file; a file that is not there is not the page.
  if (isFile && !isPage && file.headers.get('Content-Type')?.startsWith('text/html')) return undefined;
  const answer = new Response(file.body, file);
  answer.headers.set('Content-Security-Policy', POLICY);
  answer.headers.set('X-Content-Type-Options', 'nosniff');
  answer.headers.set('Referrer-Policy', 'no-referrer');
  if (HASHED.test(pathname)) answer.headers.set('Cache-Control', 'public, max-age=31536000, immutable');
  return answer;
}

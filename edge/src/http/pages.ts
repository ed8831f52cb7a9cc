// The dashboard's files and the API's page, as vite built them: each under the strictest policy that lets it work.
import { TallrecError } from '@tallrec/shared/errors';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { AppEnv } from './context.ts';
import { PAGE_HEADERS } from './security-headers.ts';

/** Their names tell what is in them. */
const HASHED = /^\/assets\//;
const KEPT = { 'Cache-Control': 'public, max-age=31536000, immutable' };

/** For whoever asks, also tools that name no type; the dashboard's paths are pages for browsers alone. */
const API_PAGE = '/docs';

/**
 * @returns undefined for what is no page and no part of one
 * @throws TallrecError NOT_FOUND for a page of an edge that has none
 */
export async function pageAt(c: Context<AppEnv>): Promise<Response | undefined> {
  const { req } = c;
  const { pathname } = new URL(req.url);
  const reads = req.method === 'GET' || req.method === 'HEAD';
  const isFile = HASHED.test(pathname) || /^\/[\w-]+\.\w+$/.test(pathname);
  const isPage = pathname === API_PAGE || req.header('Accept')?.includes('text/html') === true;
  if (!reads || /^\/(v1|internal)(\/|$)/.test(pathname) || !(isFile || isPage)) return undefined;
  const assets = c.var.env.ASSETS;
  if (!assets) {
    if (!isPage) return undefined;
    throw new TallrecError('NOT_FOUND', 'This edge was put up without its pages: there is the API alone.', {
      fix: 'Run "npm run build --workspace edge" and deploy again. The API is described at /v1/openapi.json.',
    });
  }
  const asked = new Request(req.url, { method: req.method, headers: req.raw.headers, redirect: 'manual' });
  const file = await assets.fetch(asked);
  // The page stands for every path that is none of a file; a file that is not there is not the page.
  if (isFile && !isPage && file.headers.get('Content-Type')?.startsWith('text/html')) return undefined;
  return c.newResponse(file.body, file.status as ContentfulStatusCode, {
    ...Object.fromEntries(file.headers),
    ...PAGE_HEADERS,
    ...(HASHED.test(pathname) ? KEPT : {}),
  });
}

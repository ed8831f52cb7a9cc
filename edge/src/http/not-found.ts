// What no route takes: the dashboard's files, 404, or 405 with Allow where the path exists under other methods.
import { TallrecError } from '@tallrec/shared/errors';
import type { Context, Hono } from 'hono';
import type { AppEnv } from './context.ts';
import { onError } from './errors.ts';
import { pageAt } from './pages.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** What a path takes; the router answers HEAD by its GET, and OPTIONS is answered here. */
function allowedAt(app: Pick<Hono<AppEnv>, 'router'>, path: string): string[] {
  const own = METHODS.filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
  if (own.length === 0) return [];
  return [...own.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'];
}

export function notFound(app: Pick<Hono<AppEnv>, 'router'>) {
  return async (c: Context<AppEnv>): Promise<Response> => {
    const allowed = allowedAt(app, c.req.path);
    if (allowed.length === 0) {
      const page = await pageAt(c);
      if (page) return page;
      return onError(new TallrecError('NOT_FOUND', 'There is nothing at this path.', { fix: 'See /docs.' }), c);
    }
    c.header('Allow', allowed.join(', '));
    if (c.req.method === 'OPTIONS') return c.body(null, 204);
    const fix = `Use ${allowed.filter((method) => method !== 'OPTIONS').join(' or ')}.`;
    return onError(new TallrecError('METHOD_NOT_ALLOWED', `This path does not take ${c.req.method}.`, { fix }), c);
  };
}

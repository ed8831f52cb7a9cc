// 404, or 405 with Allow where the path exists under other methods.
import { TallrecError } from '@tallrec/shared/errors';
import type { Context, Hono } from 'hono';
import type { AppEnv } from './context.ts';
import { onError } from './errors.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export function notFound(app: Pick<Hono<AppEnv>, 'router'>) {
  return (c: Context<AppEnv>): Response => {
    const allowed = METHODS.filter((method) =>
      app.router.match(method, c.req.path)[0].some(([[, route]]) => route.method === method),
    );
    if (allowed.length > 0) {
      c.header('Allow', allowed.join(', '));
      const fix = `Use ${allowed.join(' or ')}.`;
      return onError(new TallrecError('METHOD_NOT_ALLOWED', `This path does not take ${c.req.method}.`, { fix }), c);
    }
    return onError(new TallrecError('NOT_FOUND', 'There is nothing at this path.', { fix: 'See /docs.' }), c);
  };
}

// The node's API by HTTP, for `--listen`.
import { TallrecError } from '@tallrec/shared/errors';
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type NodeAnswer, type NodeApi, refusal } from './api.ts';

export function createNodeApp(api: NodeApi) {
  return new Hono().all('*', async (c) => {
    const { method, path } = c.req;
    const json = method === 'GET' || method === 'HEAD' ? {} : await c.req.json().catch(() => undefined);
    const answered: NodeAnswer =
      json === undefined
        ? refusal(new TallrecError('BAD_REQUEST', 'The body is not JSON.'))
        : await api.answer({ method, path, body: json, signal: c.req.raw.signal });
    return c.json(answered.body, answered.status as ContentfulStatusCode);
  });
}

// API keys: made and revoked by administrators.
import { createRoute, z } from '@hono/zod-openapi';
import { idSchema } from '@tallrec/shared/ids';
import { apiKeySchema, createdKeySchema, createKeySchema } from '@tallrec/shared/wire/keys';
import { pageOf, pageQuerySchema } from '@tallrec/shared/wire/page';
import { creates, needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { createKey } from '../services/keys/create.ts';
import { listKeys } from '../services/keys/list.ts';
import { revokeKey } from '../services/keys/revoke.ts';

const params = z.object({ id: idSchema('key') });

const create = createRoute({
  method: 'post',
  path: '/v1/keys',
  tags: ['keys'],
  summary: 'Make an API key; this answer alone holds it',
  ...creates('admin'),
  request: { headers: idempotencyHeaders, body: jsonBody(createKeySchema) },
  responses: {
    201: jsonAnswer('The key', createdKeySchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'IDEMPOTENCY_MISMATCH'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/keys',
  tags: ['keys'],
  summary: 'List API keys, newest first',
  ...needs('admin'),
  request: { query: pageQuerySchema },
  responses: {
    200: jsonAnswer('A page of keys', pageOf(apiKeySchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const revoke = createRoute({
  method: 'delete',
  path: '/v1/keys/{id}',
  tags: ['keys'],
  summary: 'Revoke an API key',
  ...needs('admin'),
  request: { params },
  responses: {
    200: jsonAnswer('The key, revoked', apiKeySchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

export const keys = newRouter()
  .openapi(create, async (c) => c.json(await createKey(c.var.deps, c.req.valid('json')), 201))
  .openapi(list, async (c) => c.json(await listKeys(c.var.deps, c.req.valid('query')), 200))
  .openapi(revoke, async (c) => c.json(await revokeKey(c.var.deps, c.req.valid('param').id), 200));

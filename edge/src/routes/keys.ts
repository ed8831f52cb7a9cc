// API keys: made, rotated and revoked by administrators of their workspace; the operator makes them for any.
import { createRoute, z } from '@hono/zod-openapi';
import { idSchema } from '@tallrec/shared/ids';
import { apiKeySchema, createdKeySchema, createKeySchema, rotateKeySchema } from '@tallrec/shared/wire/keys';
import { pageOf, pageQuerySchema } from '@tallrec/shared/wire/page';
import { creates, needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { createKey, getKey, listKeys, revokeKey, rotateKey } from '../services/keys.ts';

const params = z.object({ id: idSchema('key') });
const tags = ['keys'];

const create = createRoute({
  operationId: 'createKey',
  method: 'post',
  path: '/v1/keys',
  tags,
  summary: 'Create an API key',
  description: 'This answer alone holds the key.',
  ...creates('admin', { operator: true }),
  request: { headers: idempotencyHeaders, body: jsonBody(createKeySchema) },
  responses: {
    201: jsonAnswer('The key', createdKeySchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'IDEMPOTENCY_MISMATCH'),
  },
});

const list = createRoute({
  operationId: 'listKeys',
  method: 'get',
  path: '/v1/keys',
  tags,
  summary: 'List API keys',
  description: 'The newest first; the keys themselves are not kept.',
  ...needs('admin'),
  request: { query: pageQuerySchema },
  responses: {
    200: jsonAnswer('A page of keys', pageOf(apiKeySchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const get = createRoute({
  operationId: 'getKey',
  method: 'get',
  path: '/v1/keys/{id}',
  tags,
  summary: 'Get an API key',
  description: 'Its scopes, its expiry and its last use.',
  ...needs('admin'),
  request: { params },
  responses: {
    200: jsonAnswer('The key', apiKeySchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const rotate = createRoute({
  operationId: 'rotateKey',
  method: 'post',
  path: '/v1/keys/{id}/rotate',
  tags,
  summary: 'Rotate an API key',
  description: 'Gives it a new secret. The present one holds until the overlap ends, one from before that no longer.',
  ...creates('admin'),
  request: { params, headers: idempotencyHeaders, body: jsonBody(rotateKeySchema) },
  responses: {
    200: jsonAnswer('The key under its new secret, which this answer alone holds', createdKeySchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'ILLEGAL_STATE', 'IDEMPOTENCY_MISMATCH'),
  },
});

const revoke = createRoute({
  operationId: 'revokeKey',
  method: 'delete',
  path: '/v1/keys/{id}',
  tags,
  summary: 'Revoke an API key',
  description:
    'It may go on to read and score for up to 30 seconds. The last key of a workspace with the scope admin is revoked by the operator alone.',
  ...needs('admin', { operator: true }),
  request: { params },
  responses: {
    200: jsonAnswer('The key, revoked', apiKeySchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
  },
});

export const keys = newRouter()
  .openapi(create, async (c) => c.json(await createKey(c.var.deps, c.var.ctx, c.req.valid('json')), 201))
  .openapi(list, async (c) => c.json(await listKeys(c.var.deps, c.var.ctx, c.req.valid('query')), 200))
  .openapi(get, async (c) => c.json(await getKey(c.var.deps, c.var.ctx, c.req.valid('param').id), 200))
  .openapi(rotate, async (c) => {
    const input = { ...c.req.valid('param'), ...c.req.valid('json') };
    return c.json(await rotateKey(c.var.deps, c.var.ctx, input), 200);
  })
  .openapi(revoke, async (c) => c.json(await revokeKey(c.var.deps, c.var.ctx, c.req.valid('param').id), 200));

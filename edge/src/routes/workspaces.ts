// Workspaces: made by the operator; a key asks for its own.
import { createRoute } from '@hono/zod-openapi';
import { pageOf, pageQuerySchema } from '@tallrec/shared/wire/page';
import {
  createdWorkspaceSchema,
  createWorkspaceSchema,
  ownWorkspaceSchema,
  workspaceSchema,
} from '@tallrec/shared/wire/workspaces';
import { needsKey, needsOperator, operatorCreates } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { createWorkspace, getOwnWorkspace, listWorkspaces } from '../services/workspaces.ts';

const tags = ['workspaces'];

const create = createRoute({
  operationId: 'createWorkspace',
  method: 'post',
  path: '/v1/workspaces',
  tags,
  summary: 'Create a workspace',
  description: 'This answer alone holds its first key, which has every scope.',
  ...operatorCreates(),
  request: { headers: idempotencyHeaders, body: jsonBody(createWorkspaceSchema) },
  responses: {
    201: jsonAnswer('The workspace and its first key', createdWorkspaceSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'CONFLICT', 'IDEMPOTENCY_MISMATCH'),
  },
});

const list = createRoute({
  operationId: 'listWorkspaces',
  method: 'get',
  path: '/v1/workspaces',
  tags,
  summary: 'List workspaces',
  description: 'The newest first.',
  ...needsOperator(),
  request: { query: pageQuerySchema },
  responses: {
    200: jsonAnswer('A page of workspaces', pageOf(workspaceSchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const own = createRoute({
  operationId: 'getOwnWorkspace',
  method: 'get',
  path: '/v1/workspace',
  tags,
  summary: 'Get your workspace',
  description: 'The workspace of the key that asks, and the key itself with its scopes.',
  ...needsKey(),
  responses: {
    200: jsonAnswer('The workspace and the key', ownWorkspaceSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

export const workspaces = newRouter()
  .openapi(create, async (c) => c.json(await createWorkspace(c.var.deps, c.var.ctx, c.req.valid('json')), 201))
  .openapi(list, async (c) => c.json(await listWorkspaces(c.var.deps, c.req.valid('query')), 200))
  .openapi(own, async (c) => c.json(await getOwnWorkspace(c.var.deps, c.var.ctx), 200));

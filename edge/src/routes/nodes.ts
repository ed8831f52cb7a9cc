// Nodes: made and managed by administrators of their workspace, or by the operator for all; and the doors of nodes themselves.
import { createRoute, z } from '@hono/zod-openapi';
import { TallrecError } from '@tallrec/shared/errors';
import { idSchema } from '@tallrec/shared/ids';
import { LINK_PATH, LINK_VERSION_HEADER } from '@tallrec/shared/wire/link';
import { createdNodeSchema, createNodeSchema, drainSchema, NODE_DOORS, nodeSchema } from '@tallrec/shared/wire/nodes';
import { pageOf, pageQuerySchema } from '@tallrec/shared/wire/page';
import { creates, needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter, parseBody } from '../http/router.ts';
import { admitNode, drainSelf, joinNode, rotateNodeSecret } from '../services/node-doors.ts';
import { createNode, deleteNode, drainNode, getNode, listNodes, renewJoinToken } from '../services/nodes.ts';

const params = z.object({ id: idSchema('node') });
const tags = ['nodes'];

const create = createRoute({
  operationId: 'createNode',
  method: 'post',
  path: '/v1/nodes',
  tags,
  summary: 'Create a node',
  description: 'This answer alone holds the token that it joins with, within the hour.',
  ...creates('admin', { operator: true }),
  request: { headers: idempotencyHeaders, body: jsonBody(createNodeSchema) },
  responses: {
    201: jsonAnswer('The node and its token, for tallrec serve --edge URL --token TOKEN', createdNodeSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'IDEMPOTENCY_MISMATCH'),
  },
});

const list = createRoute({
  operationId: 'listNodes',
  method: 'get',
  path: '/v1/nodes',
  tags,
  summary: 'List nodes',
  description: 'Those of the workspace and those that serve all, the newest first.',
  ...needs('read', { operator: true }),
  request: { query: pageQuerySchema },
  responses: {
    200: jsonAnswer('A page of nodes', pageOf(nodeSchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const get = createRoute({
  operationId: 'getNode',
  method: 'get',
  path: '/v1/nodes/{id}',
  tags,
  summary: 'Get a node',
  description: 'Whether it is connected, and what it last said of itself.',
  ...needs('read', { operator: true }),
  request: { params },
  responses: {
    200: jsonAnswer('The node', nodeSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const renewToken = createRoute({
  operationId: 'renewNodeToken',
  method: 'post',
  path: '/v1/nodes/{id}/token',
  tags,
  summary: 'Renew the token of a node',
  description: 'For a node that lost its secret: the secret ends and its connection is closed.',
  ...creates('admin', { operator: true }),
  request: { params, headers: idempotencyHeaders },
  responses: {
    200: jsonAnswer('The node and its token', createdNodeSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'IDEMPOTENCY_MISMATCH'),
  },
});

const drain = createRoute({
  operationId: 'drainNode',
  method: 'post',
  path: '/v1/nodes/{id}/drain',
  tags,
  summary: 'Drain a node',
  description: 'It gets no new work and ends what it has.',
  ...needs('admin', { operator: true }),
  request: { params },
  responses: {
    200: jsonAnswer('The node, draining', nodeSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const resume = createRoute({
  operationId: 'resumeNode',
  method: 'post',
  path: '/v1/nodes/{id}/resume',
  tags,
  summary: 'Resume a node',
  description: 'One that was draining gets work again.',
  ...needs('admin', { operator: true }),
  request: { params },
  responses: {
    200: jsonAnswer('The node', nodeSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const remove = createRoute({
  operationId: 'deleteNode',
  method: 'delete',
  path: '/v1/nodes/{id}',
  tags,
  summary: 'Delete a node',
  description: 'Its secret ends and its connection is closed.',
  ...needs('admin', { operator: true }),
  request: { params },
  responses: {
    204: { description: 'Deleted' },
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

export const nodes = newRouter()
  .openapi(create, async (c) => c.json(await createNode(c.var.deps, c.var.ctx, c.req.valid('json')), 201))
  .openapi(list, async (c) => c.json(await listNodes(c.var.deps, c.var.ctx, c.req.valid('query')), 200))
  .openapi(get, async (c) => c.json(await getNode(c.var.deps, c.var.ctx, c.req.valid('param').id), 200))
  .openapi(renewToken, async (c) => c.json(await renewJoinToken(c.var.deps, c.var.ctx, c.req.valid('param').id), 200))
  .openapi(drain, async (c) => {
    const input = { id: c.req.valid('param').id, draining: true };
    return c.json(await drainNode(c.var.deps, c.var.ctx, input), 200);
  })
  .openapi(resume, async (c) => {
    const input = { id: c.req.valid('param').id, draining: false };
    return c.json(await drainNode(c.var.deps, c.var.ctx, input), 200);
  })
  .openapi(remove, async (c) => {
    await deleteNode(c.var.deps, c.var.ctx, c.req.valid('param').id);
    return c.body(null, 204);
  });

// Not part of the public API: no contract, and only nodes' tokens and secrets.
nodes.post(NODE_DOORS.join, async (c) => c.json(await joinNode(c.var.deps, c.req.header('Authorization'))));

nodes.post(NODE_DOORS.rotate, async (c) => c.json(await rotateNodeSecret(c.var.deps, c.req.header('Authorization'))));

nodes.post(NODE_DOORS.drain, async (c) =>
  c.json(await drainSelf(c.var.deps, c.req.header('Authorization'), () => parseBody(c, drainSchema))),
);

nodes.get(LINK_PATH, async (c) => {
  const node = await admitNode(c.var.deps, c.req.header('Authorization'), c.req.header(LINK_VERSION_HEADER));
  if (c.req.header('Upgrade')?.toLowerCase() !== 'websocket') {
    throw new TallrecError('BAD_REQUEST', 'This path takes WebSockets only.', { fix: 'Use tallrec serve.' });
  }
  return c.var.deps.links.connect(node);
});

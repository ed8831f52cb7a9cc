// Nodes: made by administrators, and the door through which they dial in.
import { createRoute, z } from '@hono/zod-openapi';
import { TallrecError } from '@tallrec/shared/errors';
import { idSchema } from '@tallrec/shared/ids';
import { LINK_PATH } from '@tallrec/shared/wire/link';
import { createdNodeSchema, createNodeSchema, nodeSchema } from '@tallrec/shared/wire/nodes';
import { pageOf, pageQuerySchema } from '@tallrec/shared/wire/page';
import { creates, needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { authenticateNode } from '../services/nodes/authenticate.ts';
import { createNode } from '../services/nodes/create.ts';
import { deleteNode } from '../services/nodes/delete.ts';
import { getNode } from '../services/nodes/get.ts';
import { listNodes } from '../services/nodes/list.ts';

const params = z.object({ id: idSchema('node') });
const tags = ['nodes'];

const create = createRoute({
  method: 'post',
  path: '/v1/nodes',
  tags,
  summary: 'Make a node; this answer alone holds its secret',
  ...creates('admin'),
  request: { headers: idempotencyHeaders, body: jsonBody(createNodeSchema) },
  responses: {
    201: jsonAnswer('The node and its secret, for tallrec serve --token', createdNodeSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'IDEMPOTENCY_MISMATCH'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/nodes',
  tags,
  summary: 'List nodes, newest first',
  ...needs('read'),
  request: { query: pageQuerySchema },
  responses: {
    200: jsonAnswer('A page of nodes', pageOf(nodeSchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/nodes/{id}',
  tags,
  summary: 'A node: whether it is connected, and what it last said of itself',
  ...needs('read'),
  request: { params },
  responses: {
    200: jsonAnswer('The node', nodeSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/v1/nodes/{id}',
  tags,
  summary: 'Delete a node: its secret ends and its connection is closed',
  ...needs('admin'),
  request: { params },
  responses: {
    204: { description: 'Deleted' },
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

export const nodes = newRouter()
  .openapi(create, async (c) => c.json(await createNode(c.var.deps, c.req.valid('json')), 201))
  .openapi(list, async (c) => c.json(await listNodes(c.var.deps, c.req.valid('query')), 200))
  .openapi(get, async (c) => c.json(await getNode(c.var.deps, c.req.valid('param').id), 200))
  .openapi(remove, async (c) => {
    await deleteNode(c.var.deps, c.req.valid('param').id);
    return c.body(null, 204);
  });

/** Not part of the public API: no contract, only node secrets. */
nodes.get(LINK_PATH, async (c) => {
  const node = await authenticateNode(c.var.deps, c.req.header('Authorization'));
  if (c.req.header('Upgrade')?.toLowerCase() !== 'websocket') {
    throw new TallrecError('BAD_REQUEST', 'This path takes WebSockets only.', { fix: 'Use tallrec serve.' });
  }
  return c.var.deps.links.connect(node);
});

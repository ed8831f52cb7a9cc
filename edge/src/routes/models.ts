// Models: what the connected nodes hold.
import { createRoute } from '@hono/zod-openapi';
import { modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { jsonAnswer, newRouter } from '../http/router.ts';
import { listModels } from '../services/models.ts';

const list = createRoute({
  method: 'get',
  path: '/v1/models',
  operationId: 'listModels',
  tags: ['models'],
  summary: 'List models',
  description: 'Those of all connected nodes, by name; always one page.',
  ...needs('read'),
  responses: {
    200: jsonAnswer('The models', pageOf(modelSchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

export const models = newRouter().openapi(list, async (c) =>
  c.json({ items: await listModels(c.var.deps, c.var.ctx), nextCursor: null }, 200),
);

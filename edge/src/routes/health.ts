// Whether the edge can serve: it reaches its record and its bytes.
import { createRoute, z } from '@hono/zod-openapi';
import { jsonAnswer, newRouter } from '../http/router.ts';
import { checkHealth } from '../services/health.ts';

const healthSchema = z.object({ ok: z.boolean(), record: z.boolean(), storage: z.boolean() });

const health = createRoute({
  operationId: 'getHealth',
  method: 'get',
  path: '/health',
  tags: ['health'],
  summary: 'Check the health',
  description: 'Whether the edge can serve.',
  security: [],
  responses: {
    200: jsonAnswer('All is well', healthSchema),
    503: jsonAnswer('Something is out of reach', healthSchema),
  },
});

export const healthRoute = newRouter().openapi(health, async (c) => {
  const found = await checkHealth(c.var.deps);
  return found.ok ? c.json(found, 200) : c.json(found, 503);
});

// The API described for tools, which need no key for it; the page for people, /docs, shows the same.
import { createRoute, z } from '@hono/zod-openapi';
import { newRouter } from '../http/router.ts';

const document = createRoute({
  method: 'get',
  path: '/v1/openapi.json',
  operationId: 'getOpenApi',
  tags: ['docs'],
  summary: 'Get the OpenAPI document',
  description: 'This API as OpenAPI 3.1.',
  security: [],
  responses: {
    200: {
      description: 'An OpenAPI document',
      content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } },
    },
  },
});

/** @param make gives the document; it is asked once, when the first reader comes */
export function docs(make: () => object) {
  let made: Record<string, unknown> | undefined;
  return newRouter().openapi(document, (c) => {
    made ??= make() as Record<string, unknown>;
    return c.json(made, 200);
  });
}

// The API described: as OpenAPI 3.1 for tools, as a page for people. Both need no key, and the page loads nothing from elsewhere.
import { createRoute, z } from '@hono/zod-openapi';
import { DOCS_HTML, DOCS_POLICY } from '../http/docs-page.ts';
import { newRouter } from '../http/router.ts';

const document = createRoute({
  method: 'get',
  path: '/v1/openapi.json',
  operationId: 'getOpenApi',
  tags: ['docs'],
  summary: 'This API as OpenAPI 3.1',
  security: [],
  responses: {
    200: {
      description: 'An OpenAPI document',
      content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } },
    },
  },
});

const page = createRoute({
  method: 'get',
  path: '/docs',
  operationId: 'getDocs',
  tags: ['docs'],
  summary: 'This API as a page',
  security: [],
  responses: { 200: { description: 'A page', content: { 'text/html': { schema: z.string() } } } },
});

/** @param make gives the document; it is asked once, when the first reader comes */
export function docs(make: () => object) {
  let made: Record<string, unknown> | undefined;
  return newRouter()
    .openapi(document, (c) => {
      made ??= make() as Record<string, unknown>;
      return c.json(made, 200);
    })
    .openapi(page, (c) => c.html(DOCS_HTML, 200, { 'Content-Security-Policy': DOCS_POLICY }));
}

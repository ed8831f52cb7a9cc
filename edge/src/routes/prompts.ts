// Prompts as models read them.
import { createRoute } from '@hono/zod-openapi';
import { formatRequestSchema, formatResponseSchema } from '@tallrec/shared/wire/score';
import { needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { formatPrompts } from '../services/prompts/format.ts';

const format = createRoute({
  method: 'post',
  path: '/v1/prompts:format',
  tags: ['prompts'],
  summary: 'Format samples into prompts',
  ...needs('read'),
  request: { body: jsonBody(formatRequestSchema) },
  responses: {
    200: jsonAnswer('One prompt a sample, in order', formatResponseSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

export const prompts = newRouter().openapi(format, (c) => c.json(formatPrompts(c.req.valid('json')), 200));

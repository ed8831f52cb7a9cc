// Batch scorings: all rows of a dataset scored, or a catalogue ranked for each.
import { createRoute, z } from '@hono/zod-openapi';
import { idSchema } from '@tallrec/shared/ids';
import { createScoringSchema, predictionsQuerySchema, scoringSchema } from '@tallrec/shared/wire/scorings';
import { creates, needs } from '../http/auth.ts';
import { conditionalHeaders, fileResponses } from '../http/downloads.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { createScoring, scoringPredictionsKey, toScoring } from '../services/scorings.ts';
import { serveObject } from '../storage/serve-object.ts';
import { CREATE_JOB_ERRORS, jobRoutes } from './job-routes.ts';

const params = z.object({ id: idSchema('scoring') });
const tags = ['scorings'];
const CONTENT_TYPES = { jsonl: 'application/jsonl', csv: 'text/csv; charset=utf-8' } as const;

const create = createRoute({
  method: 'post',
  path: '/v1/scorings',
  operationId: 'createScoring',
  tags,
  summary: 'Start a batch scoring',
  description: 'Scores all rows of a dataset, or ranks a catalogue for each of its histories, in pieces on all nodes.',
  ...creates('scorings:write'),
  request: { headers: idempotencyHeaders, body: jsonBody(createScoringSchema) },
  responses: {
    201: jsonAnswer('The scoring', scoringSchema),
    ...errorResponses(...CREATE_JOB_ERRORS, 'TOO_LARGE'),
  },
});

const predictions = createRoute({
  method: 'get',
  path: '/v1/scorings/{id}/predictions',
  operationId: 'getScoringPredictions',
  tags,
  summary: 'Download the predictions',
  description: 'One line a row, in the order of the dataset; as CSV, of a ranking one line an item.',
  ...needs('read'),
  request: { params, query: predictionsQuerySchema, headers: conditionalHeaders },
  responses: {
    ...fileResponses('The predictions', 'application/jsonl', 'text/csv'),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
  },
});

export const scorings = newRouter()
  .openapi(create, async (c) => c.json(await createScoring(c.var.deps, c.var.ctx, c.req.valid('json')), 201))
  .route(
    '/',
    jobRoutes({
      kind: 'scoring',
      scope: 'scorings:write',
      schema: scoringSchema,
      view: toScoring,
      noun: 'batch scoring',
      says: 'Its state, and how many rows and pieces are done.',
    }),
  )
  .openapi(predictions, async (c) => {
    const { id } = c.req.valid('param');
    const { format } = c.req.valid('query');
    const key = await scoringPredictionsKey(c.var.deps, c.var.ctx, id, format);
    const file = { filename: `predictions-${id}.${format}`, contentType: CONTENT_TYPES[format] };
    return await serveObject(c.var.deps.bucket, key, c.req.raw.headers, file);
  });

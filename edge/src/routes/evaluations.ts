// Evaluations: a model, an adapter or a method judged on a dataset.
import { createRoute, z } from '@hono/zod-openapi';
import { idSchema } from '@tallrec/shared/ids';
import { createEvaluationSchema, evaluationSchema, listEvaluationsQuerySchema } from '@tallrec/shared/wire/evaluations';
import { creates, needs } from '../http/auth.ts';
import { conditionalHeaders, fileResponses } from '../http/downloads.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import {
  createEvaluation,
  evaluationPredictionsKey,
  toEvaluation,
  toListedEvaluation,
} from '../services/evaluations.ts';
import { serveObject } from '../storage/serve-object.ts';
import { CREATE_JOB_ERRORS, jobRoutes } from './job-routes.ts';

const params = z.object({ id: idSchema('evaluation') });
const tags = ['evaluations'];

const create = createRoute({
  method: 'post',
  path: '/v1/evaluations',
  operationId: 'createEvaluation',
  tags,
  summary: 'Start an evaluation',
  description: 'Of a model, with or without an adapter, or of a method of the results tables, on a dataset.',
  ...creates('evaluations:write'),
  request: { headers: idempotencyHeaders, body: jsonBody(createEvaluationSchema) },
  responses: {
    201: jsonAnswer('The evaluation', evaluationSchema),
    ...errorResponses(...CREATE_JOB_ERRORS),
  },
});

const predictions = createRoute({
  method: 'get',
  path: '/v1/evaluations/{id}/predictions',
  operationId: 'getEvaluationPredictions',
  tags,
  summary: 'Download the predictions',
  description: 'The score of every row, as JSON lines in the order of the dataset.',
  ...needs('read'),
  request: { params, headers: conditionalHeaders },
  responses: {
    ...fileResponses('One JSON document a line', 'application/jsonl'),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
  },
});

export const evaluations = newRouter()
  .openapi(create, async (c) => c.json(await createEvaluation(c.var.deps, c.var.ctx, c.req.valid('json')), 201))
  .route(
    '/',
    jobRoutes({
      kind: 'evaluation',
      scope: 'evaluations:write',
      schema: evaluationSchema,
      view: toEvaluation,
      listView: toListedEvaluation,
      listQuery: listEvaluationsQuerySchema,
      noun: 'evaluation',
      says: 'Its state, its progress, and the report or the error that it ended with.',
    }),
  )
  .openapi(predictions, async (c) => {
    const { id } = c.req.valid('param');
    const key = await evaluationPredictionsKey(c.var.deps, c.var.ctx, id);
    const file = { filename: `predictions-${id}.jsonl`, contentType: 'application/jsonl' };
    return await serveObject(c.var.deps.bucket, key, c.req.raw.headers, file);
  });

// Evaluations: a model, an adapter or a method judged on a dataset.
import { createRoute, z } from '@hono/zod-openapi';
import { idSchema } from '@tallrec/shared/ids';
import { createEvaluationSchema, evaluationSchema } from '@tallrec/shared/wire/evaluations';
import { pageOf, pageQuerySchema } from '@tallrec/shared/wire/page';
import { creates, needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { createEvaluation } from '../services/evaluations/create.ts';
import { getEvaluation } from '../services/evaluations/get.ts';
import { listEvaluations } from '../services/evaluations/list.ts';
import { evaluationPredictions } from '../services/evaluations/predictions.ts';
import { cancelJob } from '../services/jobs/cancel.ts';

const params = z.object({ id: idSchema('evaluation') });
const tags = ['evaluations'];

const create = createRoute({
  method: 'post',
  path: '/v1/evaluations',
  tags,
  summary: 'Evaluate a model, with or without an adapter, or a method of the results tables, on a dataset',
  ...creates('evaluations:write'),
  request: { headers: idempotencyHeaders, body: jsonBody(createEvaluationSchema) },
  responses: {
    201: jsonAnswer('The evaluation', evaluationSchema),
    ...errorResponses(
      'UNAUTHENTICATED',
      'FORBIDDEN',
      'NOT_FOUND',
      'ILLEGAL_STATE',
      'DATASET_REJECTED',
      'ADAPTER_INVALID',
      'IDEMPOTENCY_MISMATCH',
    ),
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/evaluations',
  tags,
  summary: 'List evaluations, newest first',
  ...needs('read'),
  request: { query: pageQuerySchema },
  responses: {
    200: jsonAnswer('A page of evaluations', pageOf(evaluationSchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/evaluations/{id}',
  tags,
  summary: 'An evaluation: its state, progress, and the report or error that it ended with',
  ...needs('read'),
  request: { params },
  responses: {
    200: jsonAnswer('The evaluation', evaluationSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const predictions = createRoute({
  method: 'get',
  path: '/v1/evaluations/{id}/predictions',
  tags,
  summary: 'The score of every row, as JSON lines in the order of the dataset',
  ...needs('read'),
  request: { params },
  responses: {
    200: {
      description: 'One JSON document a line',
      content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } },
    },
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
  },
});

const cancel = createRoute({
  method: 'post',
  path: '/v1/evaluations/{id}/cancel',
  tags,
  summary: 'End it now; the node that has it stops',
  ...needs('evaluations:write'),
  request: { params },
  responses: {
    200: jsonAnswer('The evaluation, cancelled', evaluationSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
  },
});

export const evaluations = newRouter()
  .openapi(create, async (c) => c.json(await createEvaluation(c.var.deps, c.req.valid('json')), 201))
  .openapi(list, async (c) => c.json(await listEvaluations(c.var.deps, c.req.valid('query')), 200))
  .openapi(get, async (c) => c.json(await getEvaluation(c.var.deps, c.req.valid('param').id), 200))
  .openapi(predictions, async (c) => {
    const object = await evaluationPredictions(c.var.deps, c.req.valid('param').id);
    const headers = {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': 'attachment; filename="predictions.jsonl"',
    };
    return new Response(object.body, { headers });
  })
  .openapi(cancel, async (c) => {
    const { id } = c.req.valid('param');
    await cancelJob(c.var.deps, id);
    return c.json(await getEvaluation(c.var.deps, id), 200);
  });

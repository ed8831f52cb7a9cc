// Tunings: started, watched, cancelled, stopped, resumed, deleted.
import { createRoute, z } from '@hono/zod-openapi';
import { idSchema } from '@tallrec/shared/ids';
import { tuningReportSchema } from '@tallrec/shared/tuning';
import { pageOf, pageQuerySchema } from '@tallrec/shared/wire/page';
import {
  createTuningSchema,
  metricsQuerySchema,
  tuningMetricsSchema,
  tuningSchema,
} from '@tallrec/shared/wire/tunings';
import { creates, needs } from '../http/auth.ts';
import { conditionalHeaders, partResponses } from '../http/downloads.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { createTuning, getTuning, listTunings, toTuning, tuningMetrics, tuningReportKey } from '../services/tunings.ts';
import { serveObject } from '../storage/serve-object.ts';
import { jobControls } from './job-controls.ts';

const params = z.object({ id: idSchema('tuning') });
const tags = ['tunings'];

const create = createRoute({
  method: 'post',
  path: '/v1/tunings',
  operationId: 'createTuning',
  tags,
  summary: 'Tune an adapter on a dataset; it is queued until a node that holds the model is free',
  ...creates('tunings:write'),
  request: { headers: idempotencyHeaders, body: jsonBody(createTuningSchema) },
  responses: {
    201: jsonAnswer('The tuning', tuningSchema),
    ...errorResponses(
      'UNAUTHENTICATED',
      'FORBIDDEN',
      'NOT_FOUND',
      'MODEL_UNKNOWN',
      'ILLEGAL_STATE',
      'DATASET_REJECTED',
      'ADAPTER_INVALID',
      'IDEMPOTENCY_MISMATCH',
    ),
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/tunings',
  operationId: 'listTunings',
  tags,
  summary: 'List tunings, newest first',
  ...needs('read'),
  request: { query: pageQuerySchema },
  responses: {
    200: jsonAnswer('A page of tunings', pageOf(tuningSchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/tunings/{id}',
  operationId: 'getTuning',
  tags,
  summary: 'A tuning: its state, progress, and the adapter or error that it ended with',
  ...needs('read'),
  request: { params },
  responses: {
    200: jsonAnswer('The tuning', tuningSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const metrics = createRoute({
  method: 'get',
  path: '/v1/tunings/{id}/metrics',
  operationId: 'getTuningMetrics',
  tags,
  summary: 'Its curves: loss, learning rate, gradient norm, speed, validation',
  ...needs('read'),
  request: { params, query: metricsQuerySchema },
  responses: {
    200: jsonAnswer('The curves', tuningMetricsSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const report = createRoute({
  method: 'get',
  path: '/v1/tunings/{id}/report',
  operationId: 'getTuningReport',
  tags,
  summary: 'report.json of a tuning that succeeded',
  ...needs('read'),
  request: { params, headers: conditionalHeaders },
  responses: {
    200: jsonAnswer('The report', tuningReportSchema),
    ...partResponses(),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
  },
});

export const tunings = newRouter()
  .openapi(create, async (c) => c.json(await createTuning(c.var.deps, c.var.ctx, c.req.valid('json')), 201))
  .openapi(list, async (c) => c.json(await listTunings(c.var.deps, c.var.ctx, c.req.valid('query')), 200))
  .openapi(get, async (c) => c.json(await getTuning(c.var.deps, c.var.ctx, c.req.valid('param').id), 200))
  .openapi(metrics, async (c) => {
    const { points } = c.req.valid('query');
    return c.json(await tuningMetrics(c.var.deps, c.var.ctx, c.req.valid('param').id, points), 200);
  })
  .openapi(report, async (c) => {
    const key = await tuningReportKey(c.var.deps, c.var.ctx, c.req.valid('param').id);
    const object = await serveObject(c.var.deps.bucket, key, c.req.raw.headers, {
      filename: 'report.json',
      contentType: 'application/json',
    });
    return object as never;
  })
  .route('/', jobControls({ kind: 'tuning', scope: 'tunings:write', schema: tuningSchema, view: toTuning }));

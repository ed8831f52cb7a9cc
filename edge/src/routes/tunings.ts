// Tunings: started, watched, cancelled, stopped, resumed, deleted.
import { createRoute, z } from '@hono/zod-openapi';
import { idSchema } from '@tallrec/shared/ids';
import { tuningReportSchema } from '@tallrec/shared/tuning';
import { tuningEstimateSchema } from '@tallrec/shared/wire/tuning-estimates';
import {
  createTuningSchema,
  listTuningsQuerySchema,
  metricsQuerySchema,
  tuningMetricsSchema,
  tuningSchema,
} from '@tallrec/shared/wire/tunings';
import { creates, needs } from '../http/auth.ts';
import { conditionalHeaders, partResponses } from '../http/downloads.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { estimateTuning } from '../services/tuning-estimates.ts';
import { createTuning, toTuning, tuningMetrics, tuningReportKey } from '../services/tunings.ts';
import { serveObject } from '../storage/serve-object.ts';
import { CREATE_JOB_ERRORS, jobRoutes } from './job-routes.ts';

const params = z.object({ id: idSchema('tuning') });
const tags = ['tunings'];

const create = createRoute({
  method: 'post',
  path: '/v1/tunings',
  operationId: 'createTuning',
  tags,
  summary: 'Start a tuning',
  description: 'Tunes an adapter on a dataset. It is queued until a node that holds the model is free.',
  ...creates('tunings:write'),
  request: { headers: idempotencyHeaders, body: jsonBody(createTuningSchema) },
  responses: {
    201: jsonAnswer('The tuning', tuningSchema),
    ...errorResponses(...CREATE_JOB_ERRORS),
  },
});

const estimate = createRoute({
  method: 'post',
  path: '/v1/tunings:estimate',
  operationId: 'estimateTuning',
  tags,
  summary: 'Estimate a tuning',
  description: 'What it would take of each node, in memory and in time. Nothing is created.',
  ...needs('tunings:write'),
  request: { body: jsonBody(createTuningSchema) },
  responses: {
    200: jsonAnswer('The estimate, node by node', tuningEstimateSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE', 'DATASET_REJECTED'),
  },
});

const metrics = createRoute({
  method: 'get',
  path: '/v1/tunings/{id}/metrics',
  operationId: 'getTuningMetrics',
  tags,
  summary: 'Get the curves',
  description: 'Loss, learning rate, gradient norm, speed and validation, by step.',
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
  summary: 'Download the report',
  description: 'Of a tuning that succeeded, as report.json.',
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
  .openapi(estimate, async (c) =>
    c.json(await estimateTuning(c.var.deps, c.var.ctx, c.req.valid('json'), c.req.raw.signal), 200),
  )
  .route(
    '/',
    jobRoutes({
      kind: 'tuning',
      scope: 'tunings:write',
      schema: tuningSchema,
      view: toTuning,
      listQuery: listTuningsQuerySchema,
      noun: 'tuning',
      says: 'Its state, its progress, and the adapter or the error that it ended with.',
    }),
  )
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
  });

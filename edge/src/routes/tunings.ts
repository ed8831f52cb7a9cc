// Tunings: started, watched, cancelled, resumed.
import { createRoute, z } from '@hono/zod-openapi';
import { idSchema } from '@tallrec/shared/ids';
import { tuningReportSchema } from '@tallrec/shared/tuning';
import { pageOf, pageQuerySchema } from '@tallrec/shared/wire/page';
import { createTuningSchema, tuningMetricsSchema, tuningSchema } from '@tallrec/shared/wire/tunings';
import { streamSSE } from 'hono/streaming';
import { creates, needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { cancelJob } from '../services/jobs/cancel.ts';
import { resumeJob } from '../services/jobs/resume.ts';
import { createTuning } from '../services/tunings/create.ts';
import { followTuning } from '../services/tunings/follow.ts';
import { getTuning } from '../services/tunings/get.ts';
import { listTunings } from '../services/tunings/list.ts';
import { tuningMetrics } from '../services/tunings/metrics.ts';
import { tuningReport } from '../services/tunings/report.ts';

const params = z.object({ id: idSchema('tuning') });
const tags = ['tunings'];
const RECONNECT_MS = 1000;

const create = createRoute({
  method: 'post',
  path: '/v1/tunings',
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
  tags,
  summary: 'List tunings, newest first',
  ...needs('read'),
  request: { query: pageQuerySchema },
  responses: {
    200: jsonAnswer('A page of tunings', pageOf(tuningSchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const one = (path: string, summary: string) => ({ path, tags, summary, request: { params } }) as const;

const get = createRoute({
  method: 'get',
  ...one('/v1/tunings/{id}', 'A tuning: its state, progress, and the adapter or error that it ended with'),
  ...needs('read'),
  responses: {
    200: jsonAnswer('The tuning', tuningSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const events = createRoute({
  method: 'get',
  ...one('/v1/tunings/{id}/events', 'What happens, as server-sent events, from the first on or after Last-Event-ID'),
  ...needs('read'),
  request: {
    params,
    headers: z.object({ 'last-event-id': z.coerce.number().int().min(0).default(0) }),
  },
  responses: {
    200: {
      description: 'Events whose data is {seq, at, event}; the stream ends with the tuning',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const metrics = createRoute({
  method: 'get',
  ...one('/v1/tunings/{id}/metrics', 'Its curves: loss, learning rate, gradient norm, speed, validation'),
  ...needs('read'),
  responses: {
    200: jsonAnswer('The curves', tuningMetricsSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const report = createRoute({
  method: 'get',
  ...one('/v1/tunings/{id}/report', 'report.json of a tuning that succeeded'),
  ...needs('read'),
  responses: {
    200: jsonAnswer('The report', tuningReportSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
  },
});

const cancel = createRoute({
  method: 'post',
  ...one('/v1/tunings/{id}/cancel', 'End it now; the node that has it stops'),
  ...needs('tunings:write'),
  responses: {
    200: jsonAnswer('The tuning, cancelled', tuningSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
  },
});

const resume = createRoute({
  method: 'post',
  ...one(
    '/v1/tunings/{id}/resume',
    'Queue it again after it failed or was cancelled; from its checkpoint where one is left',
  ),
  ...needs('tunings:write'),
  responses: {
    200: jsonAnswer('The tuning, queued', tuningSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
  },
});

export const tunings = newRouter()
  .openapi(create, async (c) => c.json(await createTuning(c.var.deps, c.req.valid('json')), 201))
  .openapi(list, async (c) => c.json(await listTunings(c.var.deps, c.req.valid('query')), 200))
  .openapi(get, async (c) => c.json(await getTuning(c.var.deps, c.req.valid('param').id), 200))
  .openapi(events, async (c) => {
    const { deps } = c.var;
    const { id } = await getTuning(deps, c.req.valid('param').id);
    const afterSeq = c.req.valid('header')['last-event-id'];
    c.header('Cache-Control', 'no-store');
    return streamSSE(c, async (stream) => {
      await stream.write(`retry: ${RECONNECT_MS}\n\n`);
      const pause = async (durationMs: number) => {
        await stream.sleep(durationMs);
      };
      for await (const event of followTuning(deps, id, { afterSeq, pause, isGone: () => stream.aborted })) {
        if (event) await stream.writeSSE({ id: String(event.seq), data: JSON.stringify(event) });
        else await stream.write(': still here\n\n');
      }
    });
  })
  .openapi(metrics, async (c) => c.json(await tuningMetrics(c.var.deps, c.req.valid('param').id), 200))
  .openapi(report, async (c) => {
    const object = await tuningReport(c.var.deps, c.req.valid('param').id);
    return c.json(tuningReportSchema.parse(await object.json()), 200);
  })
  .openapi(cancel, async (c) => {
    const { id } = c.req.valid('param');
    await cancelJob(c.var.deps, id);
    return c.json(await getTuning(c.var.deps, id), 200);
  })
  .openapi(resume, async (c) => {
    const { id } = c.req.valid('param');
    await resumeJob(c.var.deps, id);
    return c.json(await getTuning(c.var.deps, id), 200);
  });

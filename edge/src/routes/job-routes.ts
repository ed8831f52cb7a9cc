// What may be done with a job of any kind, once it is there: list, look at, cancel, stop, resume, delete, follow.
import { createRoute, z } from '@hono/zod-openapi';
import { digitsSchema } from '@tallrec/shared/counts';
import { idSchema } from '@tallrec/shared/ids';
import { LIMITS } from '@tallrec/shared/limits';
import type { JobKind } from '@tallrec/shared/wire/jobs';
import type { Scope } from '@tallrec/shared/wire/keys';
import { pageOf, pageQuerySchema } from '@tallrec/shared/wire/page';
import { needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { jsonAnswer, newRouter } from '../http/router.ts';
import {
  cancelJob,
  deleteJob,
  type JobRow,
  listJobs,
  requireJob,
  resumeJob,
  stopJob,
} from '../services/jobs/lifecycle.ts';

/** For what a request to create a job of any kind may be refused. */
export const CREATE_JOB_ERRORS = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'MODEL_UNKNOWN',
  'ILLEGAL_STATE',
  'DATASET_REJECTED',
  'ADAPTER_INVALID',
  'IDEMPOTENCY_MISMATCH',
] as const;

interface JobNoun<S extends z.ZodType> {
  kind: JobKind;
  /** What the document calls it. */
  noun: string;
  /** What one of them says, as a sentence. */
  says: string;
  scope: Scope;
  schema: S;
  view: (row: JobRow) => z.output<S>;
  /** In a list, where that shows less of each. */
  listView?: (row: JobRow) => z.output<S>;
  /** What a list can be narrowed by, beside its page. */
  listQuery?: typeof pageQuerySchema;
}

const VERBS = {
  cancel: { does: cancelJob, verb: 'Cancel', description: 'It ends now; the node that has it drops it.' },
  stop: {
    does: stopJob,
    verb: 'Stop',
    description: 'It ends soon, as a success, with the best that it has so far; one that has nothing yet is cancelled.',
  },
  resume: {
    does: resumeJob,
    verb: 'Resume',
    description: 'It is queued again after it failed or was cancelled, and goes on from its last checkpoint.',
  },
} as const;

/** An event as the stream writes it. */
const sentEventSchema = z.object({
  id: z.string().meta({ description: 'Its seq, for Last-Event-ID' }),
  data: z.string().meta({
    contentMediaType: 'application/json',
    contentSchema: { $ref: '#/components/schemas/SequencedEvent' },
  }),
});

export function jobRoutes<S extends z.ZodType>({
  kind,
  noun,
  says,
  scope,
  schema,
  view,
  listView = view,
  listQuery = pageQuerySchema,
}: JobNoun<S>) {
  const router = newRouter();
  const [tags, params] = [[`${kind}s`], z.object({ id: idSchema(kind) })];
  const Kind = kind[0]!.toUpperCase() + kind.slice(1);
  const one = `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

  const list = createRoute({
    method: 'get',
    path: `/v1/${kind}s`,
    operationId: `list${Kind}s`,
    tags,
    summary: `List ${noun}s`,
    description: 'The newest first.',
    ...needs('read'),
    request: { query: listQuery },
    responses: {
      200: jsonAnswer(`A page of ${kind}s`, pageOf(schema)),
      ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
    },
  });
  router.openapi(list, async (c) => {
    return c.json(await listJobs(c.var.deps, c.var.ctx, kind, c.req.valid('query'), listView), 200) as never;
  });

  const get = createRoute({
    method: 'get',
    path: `/v1/${kind}s/{id}`,
    operationId: `get${Kind}`,
    tags,
    summary: `Get ${one}`,
    description: says,
    ...needs('read'),
    request: { params },
    responses: {
      200: jsonAnswer(`The ${kind}`, schema),
      ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
    },
  });
  router.openapi(get, async (c) => {
    return c.json(view(await requireJob(c.var.deps, c.var.ctx, kind, c.req.valid('param').id)), 200) as never;
  });

  for (const [name, { does, verb, description }] of Object.entries(VERBS)) {
    const route = createRoute({
      method: 'post',
      path: `/v1/${kind}s/{id}/${name}`,
      operationId: `${name}${Kind}`,
      tags,
      summary: `${verb} ${one}`,
      description,
      ...needs(scope),
      request: { params },
      responses: {
        200: jsonAnswer(`The ${kind}`, schema),
        ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
      },
    });
    router.openapi(route, async (c) => {
      const { id } = c.req.valid('param');
      return c.json(view(await does(c.var.deps, c.var.ctx, kind, id)), 200) as never;
    });
  }

  const remove = createRoute({
    method: 'delete',
    path: `/v1/${kind}s/{id}`,
    operationId: `delete${Kind}`,
    tags,
    summary: `Delete ${one}`,
    description: 'With its bytes, once it has ended; an adapter that it made stays.',
    ...needs(scope),
    request: { params },
    responses: {
      204: { description: 'Deleted' },
      ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
    },
  });
  router.openapi(remove, async (c) => {
    await deleteJob(c.var.deps, c.var.ctx, kind, c.req.valid('param').id);
    return c.body(null, 204);
  });

  const events = createRoute({
    method: 'get',
    path: `/v1/${kind}s/{id}/events`,
    operationId: `follow${Kind}`,
    tags,
    summary: `Follow ${one}`,
    description: 'What happens, as server-sent events, from the first on or after Last-Event-ID.',
    ...needs('read'),
    request: {
      params,
      headers: z.object({ 'last-event-id': digitsSchema(0, LIMITS.count).default(0) }),
    },
    responses: {
      200: {
        description: 'A stream of such events, which ends with the job',
        content: { 'text/event-stream': { schema: sentEventSchema } },
      },
      204: { description: 'The job has ended, and all of its events have been sent' },
      ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
    },
  });
  router.openapi(events, async (c) => {
    const { deps, ctx } = c.var;
    const { id } = await requireJob(deps, ctx, kind, c.req.valid('param').id);
    const stream = await deps.feeds.stream(id, c.req.valid('header')['last-event-id'], c.req.raw.signal);
    return new Response(stream.body, stream);
  });

  return router;
}

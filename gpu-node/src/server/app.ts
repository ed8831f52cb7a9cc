// The node's own API. The edge reaches it through the link, and it may be served on localhost.
import { randomUUID } from 'node:crypto';
import { TallrecError } from '@tallrec/shared/errors';
import type { JobAdapter } from '@tallrec/shared/wire/link';
import {
  NODE_PATHS,
  nodeRankRequestSchema,
  nodeScoreRequestSchema,
  nodeTokensRequestSchema,
} from '@tallrec/shared/wire/node-api';
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import type { ErrorBody } from '@tallrec/shared/wire/page';
import type { RankResponse, ScoreResponse } from '@tallrec/shared/wire/score';
import { type Context, Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import type { AdapterCache } from '../jobs/adapter-cache.ts';
import type { ModelPlace } from '../jobs/engine-calls.ts';
import type { Scoring } from './scoring.ts';

export interface NodeAppOptions {
  scoring: Scoring;
  adapters: Pick<AdapterCache, 'locate' | 'drop'>;
  locateModel: (name: string) => ModelPlace;
  status: () => NodeStatus;
  /** For the operator: what users do not see. */
  log: (line: string) => void;
}

export function createNodeApp({ scoring, adapters, locateModel, status, log }: NodeAppOptions) {
  const app = new Hono();

  /** What an engine finds out about an adapter holds for its copy here: the next request fetches it anew. */
  async function withAdapter<T>(
    adapter: JobAdapter | null,
    use: (place: Awaited<ReturnType<AdapterCache['locate']>> | null) => Promise<T>,
  ): Promise<T> {
    if (!adapter) return use(null);
    const place = await adapters.locate(adapter);
    try {
      return await use(place);
    } catch (error) {
      if (error instanceof TallrecError && error.code === 'ADAPTER_INVALID') await adapters.drop(adapter.id);
      throw error;
    }
  }

  app.get(NODE_PATHS.health, (c) => c.json(status()));

  app.post(NODE_PATHS.tokens, async (c) => {
    const { model, texts } = await body(c, nodeTokensRequestSchema);
    return c.json(await scoring.call('tokens', { model: locateModel(model), texts }, c.req.raw));
  });

  app.post(NODE_PATHS.score, async (c) => {
    const { model, adapter, ...rest } = await body(c, nodeScoreRequestSchema);
    const place = locateModel(model);
    const scored = await withAdapter(adapter, (found) =>
      scoring.call('score', { ...rest, model: place, adapter: found }, c.req.raw),
    );
    return c.json({ ...scored, model, adapter: adapter?.id ?? null } satisfies ScoreResponse);
  });

  app.post(NODE_PATHS.rank, async (c) => {
    const { model, adapter, ...rest } = await body(c, nodeRankRequestSchema);
    const place = locateModel(model);
    const ranked = await withAdapter(adapter, (found) =>
      scoring.call('rank', { ...rest, model: place, adapter: found }, c.req.raw),
    );
    return c.json({ ...ranked, model, adapter: adapter?.id ?? null } satisfies RankResponse);
  });

  app.notFound((c) => fail(c, new TallrecError('NOT_FOUND', `The node has no ${c.req.method} ${c.req.path}.`)));
  app.onError((error, c) => {
    if (error instanceof TallrecError) return fail(c, error);
    if (error instanceof HTTPException) return fail(c, new TallrecError('BAD_REQUEST', error.message));
    log(`${c.req.method} ${c.req.path}: ${error.stack ?? error.message}`);
    return fail(c, new TallrecError('INTERNAL', 'Something went wrong on the node; its log says more.'));
  });
  return app;
}

export type NodeApp = ReturnType<typeof createNodeApp>;

async function body<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  const json = await c.req.json().catch(() => {
    throw new TallrecError('BAD_REQUEST', 'The body is not JSON.');
  });
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const first = issues[0]!;
  throw new TallrecError('VALIDATION_FAILED', `${first.path || 'body'}: ${first.message}.`, { details: issues });
}

function fail(c: Context, error: TallrecError): Response {
  const { code, message, retryable, details } = error;
  const answer: ErrorBody = {
    error: { code, message, retryable, requestId: randomUUID(), ...(details === undefined ? {} : { details }) },
  };
  return c.json(answer, error.status as ContentfulStatusCode);
}

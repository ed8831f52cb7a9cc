// What a node answers, whoever brings the request: the link to the edge, or the HTTP server on this machine.
import { randomUUID } from 'node:crypto';
import { invalidInput, TallrecError } from '@tallrec/shared/errors';
import type { AnswerTimings } from '@tallrec/shared/wire/link';
import {
  NODE_PATHS,
  type NodeRankResponse,
  type NodeScoreResponse,
  type NodeTrial,
  nodeEstimateRequestSchema,
  nodeRankRequestSchema,
  nodeScoreRequestSchema,
  nodeTokensRequestSchema,
  nodeTrialRequestSchema,
} from '@tallrec/shared/wire/node-api';
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import type { ErrorBody } from '@tallrec/shared/wire/page';
import type { z } from 'zod';
import { type AdapterCache, withAdapter } from '../jobs/adapter-cache.ts';
import { describeFault, type ModelPlace } from '../jobs/engine-calls.ts';
import type { HashedFiles } from '../jobs/hashed-files.ts';
import type { Estimates } from './estimates.ts';
import type { Scoring } from './scoring.ts';

export interface NodeApiOptions {
  scoring: Scoring;
  estimates: Pick<Estimates, 'estimate'>;
  adapters: Pick<AdapterCache, 'locate' | 'drop'>;
  documents: Pick<HashedFiles, 'locate'>;
  locateModel: (name: string) => ModelPlace;
  status: () => NodeStatus;
  /** For the operator: what users do not see. */
  log: (line: string) => void;
}

export interface NodeRequest {
  method: string;
  path: string;
  body: unknown;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
}

export interface NodeAnswer {
  status: number;
  body: unknown;
  timings?: AnswerTimings | undefined;
}

export interface NodeApi {
  /** Never rejects: what goes wrong is an answer, too. */
  answer(request: NodeRequest): Promise<NodeAnswer>;
}

type Handler = (body: unknown, signal: AbortSignal) => Promise<Omit<NodeAnswer, 'status'>>;

export function createNodeApi(options: NodeApiOptions): NodeApi {
  const { scoring, estimates, adapters, documents, locateModel, status, log } = options;
  const handlers = new Map<string, Handler>([
    [`GET ${NODE_PATHS.health}`, async () => ({ body: status() })],
    [
      `POST ${NODE_PATHS.tokens}`,
      async (body, signal) => {
        const { model, ...rest } = parse(body, nodeTokensRequestSchema);
        return { body: await scoring.call('tokens', { ...rest, model: locateModel(model) }, { signal }) };
      },
    ],
    [
      `POST ${NODE_PATHS.score}`,
      async (body, signal) => {
        const { model, adapter, items, ...rest } = parse(body, nodeScoreRequestSchema);
        const place = locateModel(model);
        const facts = items ? await documents.locate(items, signal) : undefined;
        const { timings, ...scored } = await withAdapter(adapters, adapter, (found) =>
          scoring.call('score', { ...rest, model: place, adapter: found, facts }, { signal }),
        );
        return { body: { ...scored, model, adapter: adapter?.id ?? null } satisfies NodeScoreResponse, timings };
      },
    ],
    [
      `POST ${NODE_PATHS.rank}`,
      async (body, signal) => {
        const { model, adapter, items, ...rest } = parse(body, nodeRankRequestSchema);
        const place = locateModel(model);
        const facts = items ? await documents.locate(items, signal) : undefined;
        const { timings, ...ranked } = await withAdapter(adapters, adapter, (found) =>
          scoring.call('rank', { ...rest, model: place, adapter: found, facts }, { signal }),
        );
        return { body: { ...ranked, model, adapter: adapter?.id ?? null } satisfies NodeRankResponse, timings };
      },
    ],
    [
      `POST ${NODE_PATHS.trial}`,
      async (body, signal) => {
        const { model, adapter, template } = parse(body, nodeTrialRequestSchema);
        const place = locateModel(model);
        const trial = await withAdapter(adapters, adapter, (found) =>
          scoring.call('tryAdapter', { model: place, adapter: found!, template }, { signal }),
        );
        return { body: { ...trial, modelHash: place.contentHash } satisfies NodeTrial };
      },
    ],
    [
      `POST ${NODE_PATHS.estimate}`,
      async (body, signal) => ({ body: await estimates.estimate(parse(body, nodeEstimateRequestSchema), signal) }),
    ],
  ]);

  return {
    async answer({ method, path, body, signal }) {
      try {
        const handler = handlers.get(`${method} ${path}`);
        if (!handler) throw new TallrecError('NOT_FOUND', `The node has no ${method} ${path}.`);
        return { status: 200, ...(await handler(body, signal)) };
      } catch (error) {
        if (error instanceof TallrecError) {
          const { code, message } = describeFault(error);
          return refusal(new TallrecError(code, message, { details: error.details }));
        }
        log(`${method} ${path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        return refusal(new TallrecError('INTERNAL', 'Something went wrong on the node; its log says more.'));
      }
    },
  };
}

function parse<S extends z.ZodType>(body: unknown, schema: S): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidInput('body', parsed.error);
}

export function refusal({ code, message, retryable, details, status }: TallrecError): NodeAnswer {
  const body: ErrorBody = {
    error: { code, message, retryable, requestId: randomUUID(), ...(details === undefined ? {} : { details }) },
  };
  return { status, body };
}

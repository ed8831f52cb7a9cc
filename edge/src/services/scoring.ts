// Requests that a node answers at once: scores, ranks, token counts. One round trip to the record, one to the node.
import { TallrecError } from '@tallrec/shared/errors';
import {
  NODE_PATHS,
  type NodeRankRequest,
  type NodeScoreRequest,
  nodeTokensResponseSchema,
} from '@tallrec/shared/wire/node-api';
import { errorBodySchema } from '@tallrec/shared/wire/page';
import {
  type RankRequest,
  type RankResponse,
  rankResponseSchema,
  type ScoreRequest,
  type ScoreResponse,
  scoreResponseSchema,
} from '@tallrec/shared/wire/score';
import type { z } from 'zod';
import type { Ctx, Deps } from '../deps.ts';
import { type AdapterRow, findRoute, type NodeRow } from '../repo/routing.ts';
import { signedAdapter } from './adapters/signed.ts';
import { countRequest, inOrderOfLoad } from './node-load.ts';

/** How many nodes are asked before a request is given up. */
const MAX_NODES = 3;
/** What another node may do better. */
const NEXT_NODE = new Set(['NODE_UNAVAILABLE', 'NODE_BUSY', 'ENGINE_FAILED', 'MODEL_UNKNOWN']);

type RelayDeps = Pick<Deps, 'links'>;
type ScoringDeps = RelayDeps & Pick<Deps, 'db' | 'clock' | 'signing'>;

export interface Asked {
  /** Aborted when the caller has gone: then the node is told too. */
  signal?: AbortSignal;
  /** Rejects where the caller may not ask now; awaited beside the record. */
  admission?: Promise<void>;
  /** Milliseconds that the node took, from its object's side. */
  onAnswer?: (nodeMs: number) => void;
}

/** @throws TallrecError NOT_FOUND, MODEL_UNKNOWN, ADAPTER_INVALID, NODE_UNAVAILABLE, NODE_BUSY, NODE_TIMEOUT, TOO_LARGE */
export async function scoreSamples(
  deps: ScoringDeps,
  ctx: Ctx,
  { model, adapter, template, samples }: ScoreRequest,
  asked: Asked = {},
): Promise<ScoreResponse> {
  const route = await routeTo(deps, ctx, model, adapter ?? null, asked.admission);
  const request: NodeScoreRequest = { model, template, samples, adapter: await signed(deps, route.adapter) };
  return relay(deps, route.nodes, NODE_PATHS.score, request, scoreResponseSchema, asked);
}

/** @throws TallrecError NOT_FOUND, MODEL_UNKNOWN, ADAPTER_INVALID, NODE_UNAVAILABLE, NODE_BUSY, NODE_TIMEOUT, TOO_LARGE */
export async function rankCandidates(
  deps: ScoringDeps,
  ctx: Ctx,
  { adapter, ...input }: RankRequest,
  asked: Asked = {},
): Promise<RankResponse> {
  const route = await routeTo(deps, ctx, input.model, adapter ?? null, asked.admission);
  const request: NodeRankRequest = { ...input, adapter: await signed(deps, route.adapter) };
  return relay(deps, route.nodes, NODE_PATHS.rank, request, rankResponseSchema, asked);
}

/** Tokens of each text by this model's own tokenizer, or any model's. Counts are extra: where no node can give them, there are none. */
export async function countTokens(
  deps: ScoringDeps,
  ctx: Ctx,
  model: string | undefined,
  texts: string[],
): Promise<{ model: string; counts: number[] } | null> {
  try {
    const { nodes } = await findRoute(deps.db, ctx.workspace, null);
    const name = model ?? nodes.find(({ connected }) => connected)?.status?.models[0]?.name;
    if (name === undefined) return null;
    const body = { model: name, texts };
    const { counts } = await relay(deps, able(nodes, name), NODE_PATHS.tokens, body, nodeTokensResponseSchema);
    return { model: name, counts };
  } catch (error) {
    if (error instanceof TallrecError) return null;
    throw error;
  }
}

async function routeTo(
  deps: ScoringDeps,
  ctx: Ctx,
  model: string,
  ref: string | null,
  admission: Promise<void> | undefined,
): Promise<{ nodes: NodeRow[]; adapter: AdapterRow | undefined }> {
  const [route] = await Promise.all([findRoute(deps.db, ctx.workspace, ref), admission]);
  const { adapter } = route;
  if (ref !== null && !adapter) {
    throw new TallrecError('NOT_FOUND', `There is no adapter ${ref}.`, {
      fix: 'GET /v1/adapters lists adapters and their aliases.',
    });
  }
  if (adapter && adapter.model !== model) {
    throw new TallrecError('ADAPTER_INVALID', `The adapter ${ref} was tuned on ${adapter.model}, not on ${model}.`, {
      fix: `Use it with the model ${adapter.model}.`,
    });
  }
  const nodes = able(route.nodes, model);
  const holders = adapter ? nodes.filter(({ status }) => status?.adapters.includes(adapter.id)) : nodes;
  const others = nodes.filter((node) => !holders.includes(node));
  return { nodes: [...inOrderOfLoad(holders), ...inOrderOfLoad(others)], adapter };
}

/**
 * Nodes that can answer for this model now.
 * @throws TallrecError MODEL_UNKNOWN where no node holds it, NODE_UNAVAILABLE where those that do are away
 */
function able(nodes: readonly NodeRow[], model: string): NodeRow[] {
  const holders = nodes.filter(({ status }) => status?.models.some(({ name }) => name === model));
  if (holders.length === 0) {
    const models = [...new Set(nodes.flatMap(({ status }) => status?.models.map(({ name }) => name) ?? []))].sort();
    throw new TallrecError('MODEL_UNKNOWN', `No node holds the model "${model}".`, {
      fix: models.length
        ? `Nodes hold: ${models.join(', ')}. Use one of these, or start a node with the model: tallrec serve --models DIR.`
        : 'Start a node: POST /v1/nodes gives a token, then tallrec serve --edge URL --token TOKEN.',
      details: { models },
    });
  }
  const online = holders.filter(({ connected, draining }) => connected && !draining);
  if (online.length > 0) return online;
  throw new TallrecError('NODE_UNAVAILABLE', `The nodes that hold the model "${model}" are not connected just now.`, {
    fix: `Try again shortly, or start one of: ${holders.map(({ name }) => name).join(', ')}.`,
    details: { retryAfterMs: 5000 },
  });
}

async function signed(deps: ScoringDeps, adapter: AdapterRow | undefined) {
  return adapter ? await signedAdapter(deps, adapter) : null;
}

/**
 * Sends a request to the first of these nodes that can answer it.
 * @throws TallrecError as the last of them refused it
 */
async function relay<S extends z.ZodType>(
  deps: RelayDeps,
  nodes: readonly NodeRow[],
  path: string,
  body: unknown,
  answer: S,
  { signal, onAnswer }: Asked = {},
): Promise<z.output<S>> {
  const text = JSON.stringify(body);
  let last: unknown;
  for (const { id } of nodes.slice(0, MAX_NODES)) {
    const answered = countRequest(id);
    let inFlight: number | null = null;
    try {
      const response = await deps.links.request(id, { method: 'POST', path, body: text }, signal);
      inFlight = response.inFlight;
      onAnswer?.(response.nodeMs);
      return read(response.status, response.body, answer);
    } catch (error) {
      last = error;
      if (!(error instanceof TallrecError) || !NEXT_NODE.has(error.code)) throw error;
    } finally {
      answered(inFlight);
    }
  }
  throw last;
}

/** A node is not trusted to keep to the contract. */
function read<S extends z.ZodType>(status: number, text: string, answer: S): z.output<S> {
  const body: unknown = JSON.parse(text);
  if (status === 200) {
    const parsed = answer.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new TallrecError('INTERNAL', "The node's answer was not understood.", { cause: parsed.error });
  }
  const refusal = errorBodySchema.safeParse(body);
  if (!refusal.success) {
    throw new TallrecError('INTERNAL', "The node's answer was not understood.", {
      cause: new Error(`status ${status}`),
    });
  }
  const { code, message, details } = refusal.data.error;
  throw new TallrecError(code, message, details === undefined ? {} : { details });
}

// Requests that a node answers at once: scores, ranks, token counts. At most one round trip to the record, one to the node.
import { refusedField, TallrecError } from '@tallrec/shared/errors';
import type { JobAdapter } from '@tallrec/shared/wire/link';
import {
  NODE_PATHS,
  type NodeRankRequest,
  type NodeScoreRequest,
  nodeTokensResponseSchema,
} from '@tallrec/shared/wire/node-api';
import {
  type RankRequest,
  type RankResponse,
  rankResponseSchema,
  type ScoreRequest,
  type ScoreResponse,
  scoreResponseSchema,
} from '@tallrec/shared/wire/score';
import type { z } from 'zod';
import type { Ctx, Deps, RelayResponse } from '../deps.ts';
import { type NodeRow, nodesServing } from '../repo/nodes.ts';
import { refusedAdapter } from './adapters.ts';
import { forgetRoutesOf, type KnownRoute, lookUpRoute, recallRoute } from './known-routes.ts';
import { holdsModel, modelNamesOf } from './models.ts';
import { readAnswer } from './node-answer.ts';
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
  /** Told of the milliseconds that the node took, by what took them. */
  onAnswer?: (took: Record<string, number>) => void;
}

/** @throws TallrecError NOT_FOUND, MODEL_UNKNOWN, ADAPTER_INVALID, NODE_UNAVAILABLE, NODE_BUSY, NODE_TIMEOUT, TOO_LARGE */
export async function scoreSamples(
  deps: ScoringDeps,
  ctx: Ctx,
  { model, adapter, template, samples }: ScoreRequest,
  asked: Asked = {},
): Promise<ScoreResponse> {
  const route = await routeTo(deps, ctx, model, adapter ?? null, asked.admission);
  const request: NodeScoreRequest = { model, template, samples, adapter: route.adapter };
  return relay(deps, ctx, route.nodes, NODE_PATHS.score, request, scoreResponseSchema, asked);
}

/** @throws TallrecError NOT_FOUND, MODEL_UNKNOWN, ADAPTER_INVALID, NODE_UNAVAILABLE, NODE_BUSY, NODE_TIMEOUT, TOO_LARGE */
export async function rankCandidates(
  deps: ScoringDeps,
  ctx: Ctx,
  { adapter, ...input }: RankRequest,
  asked: Asked = {},
): Promise<RankResponse> {
  const route = await routeTo(deps, ctx, input.model, adapter ?? null, asked.admission);
  const request: NodeRankRequest = { ...input, adapter: route.adapter };
  return relay(deps, ctx, route.nodes, NODE_PATHS.rank, request, rankResponseSchema, asked);
}

export interface Tokens {
  model: string;
  counts: number[];
  /** Null where the node cannot tell. */
  pieces: (string[] | null)[];
}

/** Tokens of each text by this model's own tokenizer, or any model's. They are extra: where no node can give them, there are none. */
export async function tokensOf(
  deps: ScoringDeps,
  ctx: Ctx,
  model: string | undefined,
  texts: string[],
): Promise<Tokens | null> {
  try {
    const nodes = await nodesServing(deps.db, ctx.workspace);
    const name = model ?? nodes.find(({ connected }) => connected)?.status?.models[0]?.name;
    if (name === undefined) return null;
    const holders = able(nodes, name);
    if (holders instanceof TallrecError) return null;
    const body = { model: name, texts, pieces: true };
    const { counts, pieces } = await relay(deps, ctx, holders, NODE_PATHS.tokens, body, nodeTokensResponseSchema);
    const whole = texts.map((text, at) => (pieces?.[at]?.join('') === text ? pieces[at]! : null));
    return { model: name, counts, pieces: whole };
  } catch (error) {
    if (error instanceof TallrecError) return null;
    throw error;
  }
}

interface Way {
  /** The one to ask first in front. */
  nodes: NodeRow[];
  adapter: JobAdapter | null;
}

async function routeTo(
  deps: ScoringDeps,
  ctx: Ctx,
  model: string,
  ref: string | null,
  admission: Promise<void> | undefined,
): Promise<Way> {
  const known = recallRoute(ctx.workspace, ref, deps.clock.nowMs());
  const way = known && wayAlong(known, model, ref);
  if (way && !(way instanceof TallrecError)) {
    await admission;
    return way;
  }
  // Nobody is refused by what was known a moment ago.
  const [route] = await Promise.all([lookUpRoute(deps, ctx.workspace, ref), admission]);
  const found = wayAlong(route, model, ref);
  if (found instanceof TallrecError) throw found;
  return found;
}

function wayAlong({ nodes, adapter, signed }: KnownRoute, model: string, ref: string | null): Way | TallrecError {
  const refused = ref === null ? undefined : refusedAdapter('adapter', ref, adapter, model);
  if (refused) return refused;
  const online = able(nodes, model);
  if (online instanceof TallrecError) return online;
  const holders = adapter ? online.filter(({ status }) => status?.adapters.includes(adapter.id)) : online;
  const others = adapter ? online.filter((node) => !holders.includes(node)) : [];
  return { nodes: [...inOrderOfLoad(holders), ...inOrderOfLoad(others)], adapter: signed };
}

/**
 * Nodes that can answer for this model now.
 * @returns MODEL_UNKNOWN where no node holds it, NODE_UNAVAILABLE where those that do are away
 */
function able(nodes: readonly NodeRow[], model: string): NodeRow[] | TallrecError {
  const holders = nodes.filter((node) => holdsModel(node, model));
  if (holders.length === 0) {
    const models = modelNamesOf(nodes);
    return refusedField('MODEL_UNKNOWN', 'model', `no node holds the model "${model}".`, {
      fix: models.length
        ? `Nodes hold: ${models.join(', ')}. Use one of these, or start a node with the model: tallrec serve --models DIR.`
        : 'Start a node: POST /v1/nodes gives a token, then tallrec serve --edge URL --token TOKEN.',
      details: { models },
    });
  }
  const online = holders.filter(({ connected, draining }) => connected && !draining);
  if (online.length > 0) return online;
  return new TallrecError('NODE_UNAVAILABLE', `The nodes that hold the model "${model}" are not connected just now.`, {
    fix: `Try again shortly, or start one of: ${holders.map(({ name }) => name).join(', ')}.`,
    details: { retryAfterMs: 5000 },
  });
}

/**
 * Sends a request to the first of these nodes that can answer it.
 * @throws TallrecError as the last of them refused it
 */
async function relay<S extends z.ZodType>(
  deps: RelayDeps,
  { workspace }: Ctx,
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
      onAnswer?.(tookOf(response));
      return readAnswer(response, answer);
    } catch (error) {
      last = error;
      if (error instanceof TallrecError && error.code === 'NODE_UNAVAILABLE') forgetRoutesOf(workspace);
      if (!(error instanceof TallrecError) || !NEXT_NODE.has(error.code)) throw error;
    } finally {
      answered(inFlight);
    }
  }
  throw last;
}

function tookOf({ nodeMs, timings }: RelayResponse): Record<string, number> {
  return timings ? { queue: timings.queueMs, engine: timings.engineMs, node: nodeMs } : { node: nodeMs };
}

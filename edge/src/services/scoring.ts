// Requests that a node answers at once: scores, ranks, token counts. At most one round trip to the record (and one for facts about
// items where they are named), one to the node.
import { TallrecError } from '@tallrec/shared/errors';
import type { JobAdapter, JobFacts } from '@tallrec/shared/wire/link';
import {
  NODE_PATHS,
  type NodeRankRequest,
  type NodeScoreRequest,
  nodeRankResponseSchema,
  nodeScoreResponseSchema,
  nodeTokensResponseSchema,
} from '@tallrec/shared/wire/node-api';
import type { RankRequest, RankResponse, ScoreRequest, ScoreResponse } from '@tallrec/shared/wire/score';
import type { Ctx, Deps } from '../deps.ts';
import { type NodeRow, nodesServing } from '../repo/nodes.ts';
import { forced, refusedAdapter } from './adapters.ts';
import { requireItemFacts, requireWeights, signedFacts } from './item-facts.ts';
import { type KnownRoute, lookUpRoute, recallRoute } from './known-routes.ts';
import { inOrderOfLoad } from './node-load.ts';
import { type Asked, able, relay } from './node-relay.ts';
import { usageOf } from './provenance.ts';

type ScoringDeps = Pick<Deps, 'links' | 'db' | 'clock' | 'signing'>;

/** @throws TallrecError NOT_FOUND, MODEL_UNKNOWN, ADAPTER_INVALID, NODE_UNAVAILABLE, NODE_BUSY, NODE_TIMEOUT, TOO_LARGE */
export async function scoreSamples(
  deps: ScoringDeps,
  ctx: Ctx,
  { samples, ...request }: ScoreRequest,
  asked: Asked = {},
): Promise<ScoreResponse> {
  const { nodes, adapter, items, template, warnings } = await routeTo(deps, ctx, request, asked.admission);
  const body: NodeScoreRequest = { model: request.model, template, samples, adapter, items };
  const answer = await relay(deps, ctx, nodes, NODE_PATHS.score, body, nodeScoreResponseSchema, asked);
  return { ...answer, template, warnings };
}

/** @throws TallrecError NOT_FOUND, MODEL_UNKNOWN, ADAPTER_INVALID, NODE_UNAVAILABLE, NODE_BUSY, NODE_TIMEOUT, TOO_LARGE */
export async function rankCandidates(
  deps: ScoringDeps,
  ctx: Ctx,
  { noun, history, candidates, orderBy, ...request }: RankRequest,
  asked: Asked = {},
): Promise<RankResponse> {
  const { nodes, adapter, items, template, warnings } = await routeTo(deps, ctx, request, asked.admission);
  const input = { noun, history, candidates, orderBy };
  const body: NodeRankRequest = { model: request.model, template, ...input, adapter, items };
  const answer = await relay(deps, ctx, nodes, NODE_PATHS.rank, body, nodeRankResponseSchema, asked);
  return { ...answer, template, warnings };
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

interface Way extends ReturnType<typeof usageOf> {
  /** The one to ask first in front. */
  nodes: NodeRow[];
  adapter: JobAdapter | null;
  adapterRow: KnownRoute['adapter'];
}

type Asking = Pick<ScoreRequest, 'model' | 'adapter' | 'items' | 'template' | 'force'>;

async function routeTo(
  deps: ScoringDeps,
  ctx: Ctx,
  asking: Asking,
  admission: Promise<void> | undefined,
): Promise<Way & { items: JobFacts | null }> {
  const way = await wayTo(deps, ctx, asking, admission);
  if (asking.items === undefined) return { ...way, items: null };
  requireWeights(way.adapterRow);
  return { ...way, items: await signedFacts(deps, await requireItemFacts(deps, ctx, asking.items)) };
}

async function wayTo(deps: ScoringDeps, ctx: Ctx, asking: Asking, admission: Promise<void> | undefined): Promise<Way> {
  const ref = asking.adapter ?? null;
  const known = recallRoute(ctx.workspace, ref, deps.clock.nowMs());
  const way = known && wayAlong(known, asking);
  if (way && !(way instanceof TallrecError)) {
    await admission;
    return way;
  }
  // Nobody is refused by what was known a moment ago.
  const [route] = await Promise.all([lookUpRoute(deps, ctx.workspace, ref), admission]);
  const found = wayAlong(route, asking);
  if (found instanceof TallrecError) throw found;
  return found;
}

function wayAlong({ nodes, adapter, signed }: KnownRoute, asking: Asking): Way | TallrecError {
  const { model, adapter: ref, template, force = false } = asking;
  const refused = ref === undefined ? undefined : refusedAdapter('adapter', ref, { adapter, model, force }, nodes);
  if (refused) return refused;
  const online = able(nodes, model, force ? null : (adapter?.modelHash ?? null));
  if (online instanceof TallrecError) return online;
  const holders = adapter ? online.filter(({ status }) => status?.adapters.includes(adapter.id)) : online;
  const others = adapter ? online.filter((node) => !holders.includes(node)) : [];
  return {
    ...usageOf({ adapter, model, template, force }, nodes),
    nodes: [...inOrderOfLoad(holders), ...inOrderOfLoad(others)],
    adapter: signed && force ? forced(signed) : signed,
    adapterRow: adapter,
  };
}

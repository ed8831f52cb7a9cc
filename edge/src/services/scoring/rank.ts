import { NODE_PATHS, type NodeRankRequest } from '@tallrec/shared/wire/node-api';
import { type RankRequest, type RankResponse, rankResponseSchema } from '@tallrec/shared/wire/score';
import type { Deps } from '../../deps.ts';
import { resolveAdapter } from '../adapters/resolve.ts';
import { signedAdapter } from '../adapters/signed.ts';
import { rankNodes } from '../nodes/choose.ts';
import { relay } from './relay.ts';

/** @throws TallrecError NOT_FOUND, ADAPTER_INVALID, NODE_UNAVAILABLE, NODE_BUSY, NODE_TIMEOUT, TOO_LARGE */
export async function rankCandidates(
  deps: Pick<Deps, 'db' | 'clock' | 'secrets' | 'links'>,
  { adapter: ref, ...input }: RankRequest,
): Promise<RankResponse> {
  const adapter = ref === undefined ? null : await resolveAdapter(deps, ref, input.model);
  const nodes = await rankNodes(deps, input.model, adapter?.id ?? null);
  const signed = adapter && (await signedAdapter(deps, adapter));
  const request: NodeRankRequest = { ...input, adapter: signed };
  return relay(deps, nodes, NODE_PATHS.rank, request, rankResponseSchema);
}

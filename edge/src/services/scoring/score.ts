import { NODE_PATHS, type NodeScoreRequest } from '@tallrec/shared/wire/node-api';
import { type ScoreRequest, type ScoreResponse, scoreResponseSchema } from '@tallrec/shared/wire/score';
import type { Deps } from '../../deps.ts';
import { resolveAdapter } from '../adapters/resolve.ts';
import { signedAdapter } from '../adapters/signed.ts';
import { rankNodes } from '../nodes/choose.ts';
import { relay } from './relay.ts';

/** @throws TallrecError NOT_FOUND, ADAPTER_INVALID, NODE_UNAVAILABLE, NODE_BUSY, NODE_TIMEOUT, TOO_LARGE */
export async function scoreSamples(
  deps: Pick<Deps, 'db' | 'clock' | 'secrets' | 'links'>,
  { model, adapter: ref, template, samples }: ScoreRequest,
): Promise<ScoreResponse> {
  const adapter = ref === undefined ? null : await resolveAdapter(deps, ref, model);
  const nodes = await rankNodes(deps, model, adapter?.id ?? null);
  const signed = adapter && (await signedAdapter(deps, adapter));
  const request: NodeScoreRequest = { model, template, samples, adapter: signed };
  return relay(deps, nodes, NODE_PATHS.score, request, scoreResponseSchema);
}

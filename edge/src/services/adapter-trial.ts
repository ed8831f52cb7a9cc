// An adapter is loaded by a node, and scores something there, before anybody relies on it.
import { type ErrorCode, TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import type { ADAPTER_FILES } from '@tallrec/shared/wire/adapters';
import {
  NODE_PATHS,
  type NodeTrial,
  type NodeTrialRequest,
  nodeTrialResponseSchema,
} from '@tallrec/shared/wire/node-api';
import type { Ctx, Deps } from '../deps.ts';
import type { AdapterRow } from '../repo/adapters.ts';
import { nodesServing } from '../repo/nodes.ts';
import { signedPath } from '../storage/places.ts';
import { inOrderOfLoad } from './node-load.ts';
import { able, relay } from './node-relay.ts';
import { refusedBase } from './provenance.ts';

export type TrialDeps = Pick<Deps, 'db' | 'clock' | 'signing' | 'links'>;

/** Says nothing of the adapter: no node can try it now. NOT_FOUND comes from a node too old to try one. */
const NOT_TRIED: ReadonlySet<ErrorCode> = new Set([
  'MODEL_UNKNOWN',
  'NODE_UNAVAILABLE',
  'NODE_BUSY',
  'NODE_TIMEOUT',
  'ENGINE_FAILED',
  'NOT_FOUND',
]);

const WITH_ITS_MODEL = 'Start a node that holds the checkpoint it was tuned on, or name that by which nodes hold it.';

/**
 * @param keys where its files lie now
 * @throws TallrecError ADAPTER_INVALID where it cannot be used with the model; NODE_UNAVAILABLE where no node can tell now
 */
export async function tryAdapter(
  deps: TrialDeps,
  ctx: Ctx,
  adapter: Pick<AdapterRow, 'id' | 'model' | 'modelHash' | 'template'>,
  keys: Record<keyof typeof ADAPTER_FILES, string>,
): Promise<NodeTrial> {
  const { id, model, modelHash, template } = adapter;
  const exp = deps.clock.nowMs() + LIMITS.requestUrlTtlMs;
  const nodes = await nodesServing(deps.db, ctx.workspace);
  const refused = refusedBase('modelHash', id, { adapter, model, force: false }, nodes, WITH_ITS_MODEL);
  if (refused) throw refused;
  const [configPath, weightsPath] = await Promise.all([
    signedPath(deps, { op: 'get', key: keys.config, exp }),
    signedPath(deps, { op: 'get', key: keys.weights, exp }),
  ]);
  const request: NodeTrialRequest = {
    ...{ model, template },
    adapter: { id, configPath, weightsPath, golden: null, blend: null, modelHash },
  };
  try {
    const online = able(nodes, model, modelHash);
    if (online instanceof TallrecError) throw online;
    return await relay(deps, ctx, inOrderOfLoad(online), NODE_PATHS.trial, request, nodeTrialResponseSchema);
  } catch (error) {
    if (!(error instanceof TallrecError) || !NOT_TRIED.has(error.code)) throw error;
    throw new TallrecError(
      'NODE_UNAVAILABLE',
      `No node has loaded the adapter ${id.slice(0, 12)}… yet, and none can do so now: ${error.message}`,
      { cause: error },
    );
  }
}

/** As `tryAdapter`, and undefined where no node can tell now. */
export async function tryAdapterIfPossible(...given: Parameters<typeof tryAdapter>): Promise<NodeTrial | undefined> {
  return tryAdapter(...given).catch((error) => {
    if (error instanceof TallrecError && error.code === 'NODE_UNAVAILABLE') return undefined;
    throw error;
  });
}

import { TallrecError } from '@tallrec/shared/errors';
import { NODE_PATHS, nodeTokensResponseSchema } from '@tallrec/shared/wire/node-api';
import type { Deps } from '../../deps.ts';
import { listConnectedNodes } from '../../repo/nodes.ts';
import { rankNodes } from '../nodes/choose.ts';
import { relay } from './relay.ts';

/** Counts are extra: where no node can give them, there are none. */
export async function countTokens(
  deps: Pick<Deps, 'db' | 'links'>,
  model: string | undefined,
  texts: string[],
): Promise<{ model: string; counts: number[] } | null> {
  try {
    const name = model ?? (await listConnectedNodes(deps.db))[0]?.status?.models[0]?.name;
    if (name === undefined) return null;
    const nodes = await rankNodes(deps, name, null);
    const { counts } = await relay(deps, nodes, NODE_PATHS.tokens, { model: name, texts }, nodeTokensResponseSchema);
    return { model: name, counts };
  } catch (error) {
    if (error instanceof TallrecError) return null;
    throw error;
  }
}

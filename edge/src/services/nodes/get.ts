import { TallrecError } from '@tallrec/shared/errors';
import type { Node } from '@tallrec/shared/wire/nodes';
import type { Deps } from '../../deps.ts';
import { findNode } from '../../repo/nodes.ts';
import { toNode } from './view.ts';

export async function getNode(deps: Pick<Deps, 'db'>, id: string): Promise<Node> {
  const row = await findNode(deps.db, id);
  if (!row) throw new TallrecError('NOT_FOUND', `There is no node ${id}.`, { fix: 'GET /v1/nodes lists them.' });
  return toNode(row);
}

import { TallrecError } from '@tallrec/shared/errors';
import type { Deps } from '../../deps.ts';
import { deleteNodeRow } from '../../repo/nodes.ts';

/** Its secret holds no longer and its connection is closed; what it was working on goes to another node. */
export async function deleteNode(deps: Pick<Deps, 'db' | 'links'>, id: string): Promise<void> {
  if (!(await deleteNodeRow(deps.db, id))) throw new TallrecError('NOT_FOUND', `There is no node ${id}.`);
  await deps.links.remove(id);
}

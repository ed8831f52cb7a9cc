import { refusedField } from '@tallrec/shared/errors';
import type { Ctx, Deps } from '../deps.ts';
import { OPERATOR } from '../operator.ts';
import { findWorkspace } from '../repo/workspaces.ts';

/**
 * The workspace that a request names: for a key its own, for the operator any that exists.
 * @throws TallrecError NOT_FOUND
 */
export async function existingWorkspace(deps: Pick<Deps, 'db'>, ctx: Ctx, named: string): Promise<string> {
  const found = named === ctx.workspace || (ctx.workspace === OPERATOR && (await findWorkspace(deps.db, named)));
  if (!found) throw refusedField('NOT_FOUND', 'workspace', `there is no workspace ${named}.`, { fix: 'Check its id.' });
  return named;
}

import { TallrecError } from '@tallrec/shared/errors';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { Deps } from '../../deps.ts';
import { deleteAliasRow, setAliasRow } from '../../repo/adapters.ts';
import { getAdapter } from './get.ts';

/** Points an alias at an adapter; requests see the old one or the new one, never neither. */
export async function setAlias(deps: Pick<Deps, 'db' | 'clock'>, alias: string, adapter: string): Promise<Adapter> {
  if (!(await setAliasRow(deps.db, alias, adapter, deps.clock.nowMs()))) {
    throw new TallrecError('NOT_FOUND', `There is no adapter ${adapter}.`, { fix: 'GET /v1/adapters lists them.' });
  }
  return getAdapter(deps, adapter);
}

export async function deleteAlias(deps: Pick<Deps, 'db'>, alias: string): Promise<void> {
  if (await deleteAliasRow(deps.db, alias)) return;
  throw new TallrecError('NOT_FOUND', `There is no alias ${alias}.`);
}

import { TallrecError } from '@tallrec/shared/errors';
import type { ApiKey } from '@tallrec/shared/wire/keys';
import type { Deps } from '../../deps.ts';
import { revokeKeyRow } from '../../repo/keys.ts';
import { toApiKey } from './view.ts';

/** Holds from the next request on; revoking again changes nothing. */
export async function revokeKey(deps: Pick<Deps, 'db' | 'clock'>, id: string): Promise<ApiKey> {
  const row = await revokeKeyRow(deps.db, id, deps.clock.nowMs());
  if (!row) throw new TallrecError('NOT_FOUND', `There is no key ${id}.`, { fix: 'List the keys to find its id.' });
  return toApiKey(row);
}

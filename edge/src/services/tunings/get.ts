import { TallrecError } from '@tallrec/shared/errors';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import type { Deps } from '../../deps.ts';
import { findTuning } from '../../repo/tunings.ts';
import { toTuning } from './view.ts';

export async function getTuning(deps: Pick<Deps, 'db'>, id: string): Promise<Tuning> {
  const row = await findTuning(deps.db, id);
  if (!row) throw new TallrecError('NOT_FOUND', `There is no tuning ${id}.`, { fix: 'GET /v1/tunings lists them.' });
  return toTuning(row);
}

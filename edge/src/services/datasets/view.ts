// A dataset as the API shows it.
import { TallrecError } from '@tallrec/shared/errors';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { Deps } from '../../deps.ts';
import { type DatasetRow, findDataset } from '../../repo/datasets.ts';

export function toDataset(row: DatasetRow): Dataset {
  const { uploadId: _, createdAt, updatedAt, ...shown } = row;
  return { ...shown, createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() };
}

/** @throws TallrecError NOT_FOUND */
export async function requireDataset(deps: Pick<Deps, 'db'>, id: string): Promise<DatasetRow> {
  const row = await findDataset(deps.db, id);
  if (row) return row;
  throw new TallrecError('NOT_FOUND', `There is no dataset ${id}.`, { fix: 'List the datasets to find its id.' });
}

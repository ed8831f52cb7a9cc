import { TallrecError } from '@tallrec/shared/errors';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import type { Deps } from '../../deps.ts';
import { type DatasetRow, findDataset } from '../../repo/datasets.ts';

/**
 * @param kinds what the job can use
 * @param role what the dataset is for, as the request names it
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED
 */
export async function checkDataset(
  deps: Pick<Deps, 'db'>,
  id: string,
  kinds: readonly DatasetKind[],
  role: string,
): Promise<DatasetRow> {
  const row = await findDataset(deps.db, id);
  if (!row) {
    throw new TallrecError('NOT_FOUND', `${role}: there is no dataset ${id}.`, { fix: 'GET /v1/datasets lists them.' });
  }
  if (row.state === 'rejected') {
    throw new TallrecError(
      'DATASET_REJECTED',
      `${role}: the dataset ${id} was rejected with ${row.errorCount} errors.`,
      {
        fix: 'Mend the rows named in its rowErrors and upload it again.',
      },
    );
  }
  if (row.state !== 'ready') {
    throw new TallrecError('ILLEGAL_STATE', `${role}: the dataset ${id} is ${row.state}, not ready.`, {
      fix: 'Complete its upload and wait until it is ready.',
    });
  }
  if (!kinds.includes(row.kind)) {
    throw new TallrecError(
      'VALIDATION_FAILED',
      `${role}: the dataset ${id} holds ${row.kind}; this needs ${kinds.join(' or ')}.`,
      {
        fix: 'The stage "rec" learns from samples or interactions, the stage "alpaca" from instructions.',
      },
    );
  }
  return row;
}

import { TallrecError } from '@tallrec/shared/errors';
import type { Deps } from '../../deps.ts';
import { type DatasetRow, deleteDatasetRow, findJobUsing } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { isNoSuchUpload } from '../../storage/r2-errors.ts';
import { requireDataset } from './view.ts';

/**
 * The bytes go first: what dies in between can be deleted again, and no bytes are left without a record.
 * @throws TallrecError NOT_FOUND, CONFLICT while a job reads it, ILLEGAL_STATE while it is validated
 */
export async function deleteDataset(deps: Pick<Deps, 'db' | 'bucket'>, id: string): Promise<void> {
  const row = await requireDataset(deps, id);
  if (row.state === 'uploaded' || row.state === 'validating') {
    throw new TallrecError('ILLEGAL_STATE', `The dataset ${id} is being validated.`, { fix: 'Delete it afterwards.' });
  }
  const job = await findJobUsing(deps.db, id);
  if (job !== undefined) {
    throw new TallrecError('CONFLICT', `The job ${job} uses the dataset ${id}.`, {
      fix: 'Cancel it or wait for its end.',
      details: { job },
    });
  }
  await deleteDatasetAndBytes(deps, row);
}

export async function deleteDatasetAndBytes(deps: Pick<Deps, 'db' | 'bucket'>, row: DatasetRow): Promise<void> {
  if (row.state === 'created' && row.uploadId !== null) {
    await deps.bucket
      .resumeMultipartUpload(places.datasetRaw(row.id), row.uploadId)
      .abort()
      .catch((error: unknown) => {
        if (!isNoSuchUpload(error)) throw error;
      });
  }
  await deps.bucket.delete([places.datasetRaw(row.id), places.datasetRows(row.id)]);
  await deleteDatasetRow(deps.db, row.id);
}

// A dataset goes in three steps, each of which can be done again: marked, its bytes, its row.
import { TallrecError } from '@tallrec/shared/errors';
import type { Ctx, Deps } from '../../deps.ts';
import { type DatasetRow, deleteDatasetRow, setDatasetDeleting } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { abortMultipart, deletePrefix } from '../../storage/r2.ts';
import { dropUploadsOf } from '../uploads.ts';
import { noSuchDataset } from './view.ts';

type DeleteDeps = Pick<Deps, 'db' | 'bucket' | 'clock'>;

/**
 * One that is being validated may go too: the validation notices. What dies in between is finished by the sweep.
 * @throws TallrecError NOT_FOUND, CONFLICT while a job reads it
 */
export async function deleteDataset(deps: DeleteDeps, ctx: Ctx, id: string): Promise<void> {
  const audit = { ctx, action: 'dataset.delete', subject: id, nowMs: deps.clock.nowMs() };
  const { row, jobs } = await setDatasetDeleting(deps.db, { workspace: ctx.workspace, id, audit });
  if (!row) throw noSuchDataset(id);
  if (row.state !== 'deleting') {
    throw new TallrecError('CONFLICT', `The dataset ${id} is used by ${jobs.join(', ')}.`, {
      fix: 'Cancel what uses it, or wait for its end.',
      details: { jobs },
    });
  }
  await finishDeletingDataset(deps, row);
}

export async function finishDeletingDataset(
  deps: DeleteDeps,
  { workspace, id, rowsUploadId }: DatasetRow,
): Promise<void> {
  const { bucket } = deps;
  if (rowsUploadId !== null) await abortMultipart(bucket, places.datasetRows(workspace, id), rowsUploadId);
  await dropUploadsOf(deps, workspace, id);
  await deletePrefix(bucket, places.dataset(workspace, id));
  await deleteDatasetRow(deps.db, workspace, id);
}

// Datasets that something has left lying: validations to wake, uploads nobody will finish.
import type { Deps } from '../../deps.ts';
import { listAbandonedUploads, listStaleValidations } from '../../repo/datasets.ts';
import { deleteDatasetAndBytes } from './delete.ts';

const STALE_VALIDATION_MS = 5_000;
const ABANDONED_UPLOAD_MS = 7 * 24 * 60 * 60 * 1000;
const AT_ONCE = 50;

export async function sweepDatasets(deps: Pick<Deps, 'db' | 'bucket' | 'clock' | 'startValidation'>): Promise<void> {
  const nowMs = deps.clock.nowMs();
  for (const row of await listStaleValidations(deps.db, nowMs - STALE_VALIDATION_MS, AT_ONCE)) {
    await deps.startValidation(row.id);
  }
  for (const row of await listAbandonedUploads(deps.db, nowMs - ABANDONED_UPLOAD_MS, AT_ONCE)) {
    await deleteDatasetAndBytes(deps, row);
  }
}

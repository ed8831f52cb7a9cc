// Datasets, uploads and adapters that something has left lying; a little at a time, the oldest first.
import { LIMITS } from '@tallrec/shared/limits';
import type { Deps } from '../deps.ts';
import { faultOf, secretsOf } from '../faults.ts';
import { listDeletingAdapters } from '../repo/adapters.ts';
import { type DatasetRow, listIdleDatasets, moveDataset, setDatasetDeleting } from '../repo/datasets.ts';
import { findUploadAt, listIdleImports, listIdleUploads, type UploadRow } from '../repo/uploads.ts';
import { places } from '../storage/places.ts';
import { finishDeletingAdapter } from './adapter-files.ts';
import { finishDeletingDataset } from './datasets.ts';
import { dropUpload } from './uploads.ts';
import { reviveValidation } from './validation/start.ts';

/** Each costs some of the calls that one run of a Worker may make. */
const AT_ONCE = 20;
/** A validation that did not speak for so many tries of a step. */
const SILENT_TRIES = 4;
/** What deletes it just now has this long before someone else does it too. */
const DELETING_MS = 60_000;
const SYSTEM = 'system';

type SweepDeps = Pick<Deps, 'db' | 'bucket' | 'clock' | 'validations' | 'durations' | 'operatorSecret' | 'signing'>;

export async function sweepDatasets(deps: SweepDeps): Promise<void> {
  const { db, durations } = deps;
  const nowMs = deps.clock.nowMs();
  const abandonedMs = nowMs - LIMITS.abandonedUploadMs;

  const deleting = await listIdleDatasets(db, ['deleting'], nowMs - DELETING_MS, AT_ONCE);
  await each(deps, deleting, async (row) => {
    await touch(deps, row);
    await finishDeletingDataset(deps, row);
  });
  await each(deps, await listDeletingAdapters(db, AT_ONCE), (row) => finishDeletingAdapter(deps, row));

  const silentMs = nowMs - SILENT_TRIES * durations.stepRetryMs;
  const silent = await listIdleDatasets(db, ['uploaded', 'validating'], silentMs, AT_ONCE);
  await each(deps, silent, (row) => reviveValidation(deps, row));

  const created = await listIdleDatasets(db, ['created'], abandonedMs, AT_ONCE);
  await each(deps, created, (row) => dropNeverCompleted(deps, row, abandonedMs));

  const half = await listIdleUploads(db, 'dropping', nowMs - DELETING_MS, AT_ONCE);
  const open = await listIdleUploads(db, 'open', abandonedMs, AT_ONCE);
  const imports = await listIdleImports(db, abandonedMs, AT_ONCE);
  await each(deps, [...half, ...open, ...imports], (row) => dropAbandoned(deps, row));
}

/** One that cannot be helped now does not keep the others from it. */
async function each<Row extends { id: string }>(
  deps: SweepDeps,
  rows: readonly Row[],
  look: (row: Row) => Promise<void>,
): Promise<void> {
  for (const row of rows) {
    try {
      await look(row);
    } catch (error) {
      console.error(JSON.stringify({ sweep: row.id, fault: faultOf(error, secretsOf(deps)) }));
    }
  }
}

/** So that the next run looks at others first. */
async function touch(deps: SweepDeps, { id, workspace, state }: DatasetRow): Promise<void> {
  await moveDataset(deps.db, id, { workspace, from: [state], change: {}, nowMs: deps.clock.nowMs() });
}

async function dropNeverCompleted(deps: SweepDeps, row: DatasetRow, beforeMs: number): Promise<void> {
  const upload = await findUploadAt(deps.db, row.workspace, places.datasetRaw(row.workspace, row.id));
  if (upload && upload.updatedAt >= beforeMs) await touch(deps, row);
  else await deleteNeverUploaded(deps, row.workspace, row.id);
}

/** A dataset without its bytes is of no use and goes with them. */
async function dropAbandoned(deps: SweepDeps, upload: UploadRow): Promise<void> {
  if (!(await deleteNeverUploaded(deps, upload.workspace, upload.subject))) await dropUpload(deps, upload);
}

/** @returns false where there is no such dataset, or it has got further */
async function deleteNeverUploaded(deps: SweepDeps, workspace: string, id: string): Promise<boolean> {
  const details = { because: 'its upload was never completed' };
  const audit = {
    ctx: { workspace, actor: SYSTEM },
    action: 'dataset.delete',
    subject: id,
    details,
    nowMs: deps.clock.nowMs(),
  };
  const { row } = await setDatasetDeleting(deps.db, { workspace, id, from: 'created', audit });
  if (row?.state !== 'deleting') return false;
  await finishDeletingDataset(deps, row);
  return true;
}

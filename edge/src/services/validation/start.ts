// Validations as Workflow instances: named, started, woken, started again, and begun anew.
import type { BadRows } from '@tallrec/shared/wire/datasets';
import type { Ctx, Deps } from '../../deps.ts';
import { type DatasetRow, findDataset, moveDataset } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { abortMultipart, deletePrefix } from '../../storage/r2.ts';

// An instance is named DATASET-VALIDATION-START. A validation that was broken off is started again and goes on from its last slice; one
// that was asked for anew begins at the first.
export const firstValidation = (dataset: string) => `${dataset}-1-0`;

function partsOf(instance: string): { dataset: string; validation: number; start: number } {
  const [, dataset, validation, start] = /^(.*)-(\d+)-(\d+)$/.exec(instance) ?? [];
  if (dataset === undefined) throw new Error(`${instance} is not the name of a validation`);
  return { dataset, validation: Number(validation), start: Number(start) };
}

export function nextValidation(instance: string): string {
  const { dataset, validation } = partsOf(instance);
  return `${dataset}-${validation + 1}-0`;
}

export function nextStart(instance: string): string {
  const { dataset, validation, start } = partsOf(instance);
  return `${dataset}-${validation}-${start + 1}`;
}

/** What all starts of a validation have in common. */
export function validationOf(instance: string): string {
  return String(partsOf(instance).validation);
}

type StartDeps = Pick<Deps, 'db' | 'validations'>;

/** Sees to it that the instance that the row names is at work: started if it never was, woken if it sleeps. */
export async function ensureValidation(
  { validations }: Pick<Deps, 'validations'>,
  { id, instance }: DatasetRow,
): Promise<void> {
  if (instance === null) return;
  try {
    await validations.start(id, instance);
  } catch (error) {
    // It is there already, or cannot be reached.
    if (!(await validations.isAlive(instance))) throw error;
    await validations.wake(instance);
  }
}

/** For a validation that stands still: one whose instance has ended goes on in another, from its last slice. */
export async function reviveValidation(deps: StartDeps & Pick<Deps, 'clock'>, row: DatasetRow): Promise<void> {
  const { id, workspace, instance } = row;
  const alive = instance !== null && (await deps.validations.isAlive(instance));
  const next = alive ? instance : instance === null ? firstValidation(id) : nextStart(instance);
  const moved = await moveDataset(deps.db, id, {
    workspace,
    from: ['uploaded', 'validating'],
    instance,
    change: { instance: next },
    nowMs: deps.clock.nowMs(),
  });
  if (moved) await ensureValidation(deps, { ...row, instance: next });
}

/** Begins at the first slice, with a new place for the rows. */
export async function restartValidation(
  deps: StartDeps & Pick<Deps, 'bucket' | 'clock'>,
  { id, workspace, instance, rowsUploadId }: Pick<DatasetRow, 'id' | 'workspace' | 'instance' | 'rowsUploadId'>,
  from: ('rejected' | 'validating')[],
  ctx: Ctx,
  badRows?: BadRows,
): Promise<boolean> {
  const nowMs = deps.clock.nowMs();
  const next = instance === null ? firstValidation(id) : nextValidation(instance);
  const moved = await moveDataset(deps.db, id, {
    workspace,
    from,
    instance,
    change: {
      state: 'uploaded',
      ...(badRows === undefined ? {} : { badRows }),
      instance: next,
      rowsUploadId: null,
      stats: null,
      facts: null,
      warnings: [],
      errorCount: 0,
      rowErrors: [],
    },
    nowMs,
    audit: { ctx, action: 'dataset.validate', subject: id, details: badRows ? { badRows } : {}, nowMs },
  });
  if (!moved) return false;
  if (rowsUploadId !== null) await abortMultipart(deps.bucket, places.datasetRows(workspace, id), rowsUploadId);
  if (instance !== null) {
    await deletePrefix(deps.bucket, places.datasetValidation(workspace, id, validationOf(instance)));
  }
  const row = await findDataset(deps.db, workspace, id);
  if (row?.state === 'uploaded') await ensureValidation(deps, row);
  return true;
}

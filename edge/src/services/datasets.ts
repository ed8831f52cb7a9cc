// Datasets: announced, uploaded, validated, shown and deleted.
import { TallrecError } from '@tallrec/shared/errors';
import type {
  BadRows,
  CreateDataset,
  completeDatasetSchema,
  Dataset,
  DatasetsQuery,
} from '@tallrec/shared/wire/datasets';
import type { Upload } from '@tallrec/shared/wire/uploads';
import type { z } from 'zod';
import type { Ctx, Deps } from '../deps.ts';
import {
  type DatasetRow,
  deleteDatasetRow,
  findDataset,
  insertDataset,
  listDatasetRows,
  moveDataset,
  setDatasetDeleting,
} from '../repo/datasets.ts';
import { type Page, toPage } from '../repo/db.ts';
import { findUploadAt, type UploadWithParts } from '../repo/uploads.ts';
import { places } from '../storage/places.ts';
import { abortMultipart, deletePrefix } from '../storage/r2.ts';
import { iso } from './timestamps.ts';
import { completeUpload, dropUploadsOf, newUpload, uploadView } from './uploads.ts';
import { ensureValidation, firstValidation, restartValidation, reviveValidation } from './validation/start.ts';

/** As the API shows it. */
export function toDataset(row: DatasetRow): Dataset {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    format: row.format,
    state: row.state,
    bytes: row.bytes,
    sha256: row.sha256,
    badRows: row.badRows,
    sampling: row.sampling,
    columns: row.columns,
    createdBy: row.createdBy,
    stats: row.stats && { ...row.stats, unusable: row.stats.unusable ?? null, profile: row.stats.profile ?? null },
    facts: row.facts,
    warnings: row.warnings,
    errorCount: row.errorCount,
    rowErrors: row.rowErrors,
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}

/** @throws TallrecError NOT_FOUND, for one of another workspace too */
export async function requireDataset(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string): Promise<DatasetRow> {
  const row = await findDataset(deps.db, ctx.workspace, id);
  if (row) return row;
  throw noSuchDataset(id);
}

export function noSuchDataset(id: string): TallrecError {
  return new TallrecError('NOT_FOUND', `There is no dataset ${id}.`, { fix: 'GET /v1/datasets lists them.' });
}

export async function getDataset(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string): Promise<Dataset> {
  return toDataset(await requireDataset(deps, ctx, id));
}

export async function listDatasets(deps: Pick<Deps, 'db'>, ctx: Ctx, query: DatasetsQuery): Promise<Page<Dataset>> {
  return toPage(await listDatasetRows(deps.db, ctx.workspace, query), query.limit, toDataset);
}

type UploadDeps = Pick<Deps, 'db' | 'clock' | 'signing'>;

/** @param origin where clients reach the edge */
export async function createDataset(
  deps: UploadDeps & Pick<Deps, 'newId'>,
  ctx: Ctx,
  input: CreateDataset,
  origin: string,
): Promise<{ dataset: Dataset; upload: Upload }> {
  const id = deps.newId('dataset');
  const { workspace, actor } = ctx;
  const { name, kind, format, bytes, badRows, sampling } = input;
  const columns = input.columns ?? null;
  const sha256 = input.sha256 ?? null;
  const nowMs = deps.clock.nowMs();
  const upload = newUpload(deps, { workspace, key: places.datasetRaw(workspace, id), subject: id, bytes, sha256 });
  const row = await insertDataset(
    deps.db,
    {
      id,
      workspace,
      name,
      kind,
      format,
      state: 'created',
      bytes,
      sha256,
      badRows,
      sampling,
      columns,
      upload: upload.id,
      rowsUploadId: null,
      instance: null,
      stats: null,
      facts: null,
      warnings: [],
      errorCount: 0,
      rowErrors: [],
      createdBy: actor,
      createdAt: nowMs,
      updatedAt: nowMs,
    },
    upload,
    { ctx, action: 'dataset.create', subject: id, details: { name, kind, format, bytes }, nowMs },
  );
  if (!row) throw noSuchDataset(id);
  return { dataset: toDataset(row), upload: await uploadView(deps, await uploadOf(deps, row), origin) };
}

async function uploadOf(deps: Pick<Deps, 'db'>, row: DatasetRow): Promise<UploadWithParts> {
  const upload = await findUploadAt(deps.db, row.workspace, places.datasetRaw(row.workspace, row.id));
  if (upload && row.state === 'created') return upload;
  throw new TallrecError('ILLEGAL_STATE', `The dataset ${row.id} is ${row.state}: its upload has ended.`, {
    fix: 'Create a new dataset for other bytes.',
  });
}

/**
 * With new URLs, and the parts that have arrived marked: an upload that was broken off goes on with the others.
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE once it has ended
 */
export async function getDatasetUpload(deps: UploadDeps, ctx: Ctx, id: string, origin: string): Promise<Upload> {
  return await uploadView(deps, await uploadOf(deps, await requireDataset(deps, ctx, id)), origin);
}

/**
 * Ends the upload, and validation begins. Calling again changes nothing.
 * @param parts where they are named, their etags have to be those that arrived
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE where parts are lacking, CONFLICT where a part is named wrongly,
 *   CHECKSUM_MISMATCH where they have to be sent again
 */
export async function completeDataset(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock' | 'validations'>,
  ctx: Ctx,
  id: string,
  parts: z.infer<typeof completeDatasetSchema>['parts'],
): Promise<Dataset> {
  const row = await requireDataset(deps, ctx, id);
  if (row.state === 'created') {
    const upload = await uploadOf(deps, row);
    checkNamed(upload, parts ?? []);
    await completeUpload(deps, upload, { verify: false });
    const nowMs = deps.clock.nowMs();
    await moveDataset(deps.db, id, {
      workspace: ctx.workspace,
      from: ['created'],
      change: { state: 'uploaded', instance: firstValidation(id) },
      nowMs,
      audit: { ctx, action: 'dataset.complete', subject: id, nowMs },
    });
  }
  const now = await requireDataset(deps, ctx, id);
  if (now.state === 'uploaded') await ensureValidation(deps, now);
  return toDataset(now);
}

function checkNamed(upload: UploadWithParts, named: readonly { part: number; etag: string }[]): void {
  const etags = new Map(upload.parts.map(({ part, etag }) => [part, etag]));
  const wrong = named.filter(({ part, etag }) => etags.get(part) !== etag).map(({ part }) => part);
  if (wrong.length === 0) return;
  throw new TallrecError('CONFLICT', 'Some parts are not those that arrived last.', {
    fix: 'Leave `parts` out, or give the etag that each part’s last PUT answered.',
    details: { wrong: wrong.slice(0, 100) },
  });
}

/**
 * Validates a rejected dataset once more; one that waits for its validation is woken.
 * @param badRows what becomes of rows that cannot be used, from now on; of one that is being validated nothing changes
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE
 */
export async function validateAgain(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock' | 'validations'>,
  ctx: Ctx,
  id: string,
  badRows?: BadRows,
): Promise<Dataset> {
  const row = await requireDataset(deps, ctx, id);
  const isWaiting = row.state === 'uploaded' || row.state === 'validating';
  if (isWaiting && (badRows ?? row.badRows) === row.badRows) await reviveValidation(deps, row);
  else if (row.state !== 'rejected' || !(await restartValidation(deps, row, ['rejected'], ctx, badRows))) {
    throw new TallrecError('ILLEGAL_STATE', `The dataset ${id} is ${row.state}.`, {
      fix: row.state === 'created' ? 'Complete its upload first.' : 'Only what was rejected is validated again.',
    });
  }
  return toDataset(await requireDataset(deps, ctx, id));
}

type DeleteDeps = Pick<Deps, 'db' | 'bucket' | 'clock'>;

/**
 * In three steps, each of which can be done again: marked, its bytes, its row.
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

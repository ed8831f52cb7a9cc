// A dataset from its announcement to the end of its upload.
import { TallrecError } from '@tallrec/shared/errors';
import type { CreateDataset, completeDatasetSchema, Dataset } from '@tallrec/shared/wire/datasets';
import type { Upload } from '@tallrec/shared/wire/uploads';
import type { z } from 'zod';
import type { Ctx, Deps } from '../../deps.ts';
import { type DatasetRow, insertDataset, moveDataset } from '../../repo/datasets.ts';
import { findUploadAt, type UploadWithParts } from '../../repo/uploads.ts';
import { places } from '../../storage/places.ts';
import { completeUpload, newUpload, uploadView } from '../uploads.ts';
import { ensureValidation, firstValidation } from '../validation/start.ts';
import { noSuchDataset, requireDataset, toDataset } from './view.ts';

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
  const { name, kind, format, bytes, sampling } = input;
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
      sampling,
      upload: upload.id,
      rowsUploadId: null,
      instance: null,
      stats: null,
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
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE where parts are lacking, VALIDATION_FAILED where a part is named wrongly,
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
  throw new TallrecError('VALIDATION_FAILED', 'Some parts are not those that arrived last.', {
    fix: 'Leave `parts` out, or give the etag that each part’s last PUT answered.',
    details: { wrong: wrong.slice(0, 100) },
  });
}

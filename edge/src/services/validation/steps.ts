// The durable steps of a validation, each safe to run again: begin, checksum, slices (validate.ts), settle.
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { Deps } from '../../deps.ts';
import { findDataset, updateDataset } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { isNoSuchUpload } from '../../storage/r2-errors.ts';
import { isMultipart } from './upload-urls.ts';
import type { Validated, ValidationInput } from './validate.ts';

type RecordDeps = Pick<Deps, 'db' | 'bucket' | 'clock'>;

/** @returns what the later steps need; null where the dataset is gone or has been settled */
export async function beginValidation(deps: RecordDeps, id: string): Promise<ValidationInput | null> {
  const row = await findDataset(deps.db, id);
  if (!row || (row.state !== 'uploaded' && row.state !== 'validating')) return null;
  const object = await deps.bucket.head(places.datasetRaw(id));
  if (!object) throw new Error(`The bytes of ${id} are gone`);
  const uploadId = row.uploadId ?? (await deps.bucket.createMultipartUpload(places.datasetRows(id))).uploadId;
  await updateDataset(deps.db, id, ['uploaded', 'validating'], {
    state: 'validating',
    uploadId,
    updatedAt: deps.clock.nowMs(),
  });
  const { kind, format, sampling } = row;
  return { dataset: { id, kind, format, sampling }, uploadId, etag: object.etag };
}

/**
 * The SHA-256 over all parts of a multipart upload; a single one was checked by R2 as it came in.
 * @returns the fault, or null
 */
export async function checkWholeSha256(deps: RecordDeps, id: string): Promise<Dataset['rowErrors'][number] | null> {
  const row = await findDataset(deps.db, id);
  if (!row?.sha256 || !isMultipart(row.bytes)) return null;
  const object = await deps.bucket.get(places.datasetRaw(id));
  if (!object) throw new Error(`The bytes of ${id} are gone`);
  const digest = new crypto.DigestStream('SHA-256');
  await object.body.pipeTo(digest);
  const actual = new Uint8Array(await digest.digest).toHex();
  if (actual === row.sha256) return null;
  return {
    line: 1,
    column: null,
    problem: `The file's SHA-256 is ${actual}; ${row.sha256} was announced.`,
    fix: 'Create the dataset again and send every part of the same file.',
  };
}

export async function touchValidation(deps: Pick<Deps, 'db' | 'clock'>, id: string): Promise<void> {
  await updateDataset(deps.db, id, ['validating'], { updatedAt: deps.clock.nowMs() });
}

async function dropSlices(bucket: R2Bucket, id: string, slices: number): Promise<void> {
  const keys = Array.from({ length: slices }, (_, at) => places.datasetValidation(id, at + 1));
  if (keys.length > 0) await bucket.delete(keys);
}

/** Rows become visible before the dataset is ready, and never when it is rejected. */
export async function settleValidation(
  deps: RecordDeps,
  input: ValidationInput,
  found: Validated,
  slices: number,
): Promise<'ready' | 'rejected'> {
  const { id } = input.dataset;
  const key = places.datasetRows(id);
  const upload = deps.bucket.resumeMultipartUpload(key, input.uploadId);
  const state = found.errorCount === 0 ? 'ready' : 'rejected';
  try {
    if (state === 'ready') await upload.complete(found.parts);
    else await upload.abort();
  } catch (error) {
    const doneBefore = isNoSuchUpload(error) && (state === 'rejected' || (await deps.bucket.head(key)) !== null);
    if (!doneBefore) throw error;
  }
  await dropSlices(deps.bucket, id, slices);
  await updateDataset(deps.db, id, ['validating'], {
    state,
    uploadId: null,
    stats: found.stats,
    warnings: found.warnings,
    errorCount: found.errorCount,
    rowErrors: found.rowErrors,
    updatedAt: deps.clock.nowMs(),
  });
  return state;
}

/** What a dataset looks like that could not be read for reasons of our own, or whose bytes are not those announced. */
export function refusal(rowError: Dataset['rowErrors'][number]): Validated {
  return {
    parts: [],
    stats: { rows: 0, users: null, items: null, likedShare: null },
    warnings: [],
    errorCount: 1,
    rowErrors: [rowError],
  };
}

export const UNREADABLE: Dataset['rowErrors'][number] = {
  line: 1,
  column: null,
  problem: 'The file could not be validated because of a fault inside the service.',
  fix: 'Create the dataset again; if that fails too, tell the operator this dataset id.',
};

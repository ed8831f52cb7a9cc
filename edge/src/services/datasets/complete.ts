// Ends an upload: all bytes are there, and validation begins.
import { TallrecError } from '@tallrec/shared/errors';
import type { completeDatasetSchema, Dataset } from '@tallrec/shared/wire/datasets';
import type { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { type DatasetRow, updateDataset } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { isNoSuchUpload } from '../../storage/r2-errors.ts';
import { partSizes } from './upload-urls.ts';
import { requireDataset, toDataset } from './view.ts';

type Parts = z.infer<typeof completeDatasetSchema>['parts'];

function checkParts(row: DatasetRow, parts: Parts): R2UploadedPart[] {
  const expected = partSizes(row.bytes).map(({ part }) => part);
  const given = new Map((parts ?? []).map(({ part, etag }) => [part, etag]));
  const missing = expected.filter((part) => !given.has(part));
  const unknown = [...given.keys()].filter((part) => part > expected.length);
  if (missing.length === 0 && unknown.length === 0 && given.size === parts?.length) {
    return expected.map((partNumber) => ({ partNumber, etag: given.get(partNumber)! }));
  }
  throw new TallrecError('VALIDATION_FAILED', `This upload has parts 1 to ${expected.length}, each named once.`, {
    fix: 'Send {"parts":[{"part":1,"etag":"…"},…]} with the etag that each part’s PUT answered.',
    details: { missing: missing.slice(0, 100), unknown: unknown.slice(0, 100) },
  });
}

/** A repeated call finds the upload ended already and the whole file in its place. */
async function assemble(bucket: R2Bucket, row: DatasetRow, parts: Parts): Promise<void> {
  const key = places.datasetRaw(row.id);
  const listed = checkParts(row, parts);
  try {
    await bucket.resumeMultipartUpload(key, row.uploadId!).complete(listed);
  } catch (error) {
    if (isNoSuchUpload(error) && (await bucket.head(key))) return;
    throw new TallrecError('VALIDATION_FAILED', 'These parts do not make up the upload.', {
      fix: 'Check that every part was sent and give the etag of its last PUT.',
      cause: error,
    });
  }
}

/**
 * Calling again changes nothing.
 * @throws TallrecError VALIDATION_FAILED for missing or wrong parts, ILLEGAL_STATE where nothing was uploaded
 */
export async function completeDataset(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock' | 'startValidation'>,
  id: string,
  parts: Parts,
): Promise<Dataset> {
  const row = await requireDataset(deps, id);
  if (row.state !== 'created') return toDataset(row);
  if (row.uploadId !== null) await assemble(deps.bucket, row, parts);
  const object = await deps.bucket.head(places.datasetRaw(id));
  if (!object) {
    throw new TallrecError('ILLEGAL_STATE', `Nothing has been uploaded for the dataset ${id}.`, {
      fix: 'PUT the file to its upload URL first.',
    });
  }
  if (object.size !== row.bytes) {
    throw new TallrecError('VALIDATION_FAILED', `The upload has ${object.size} bytes; ${row.bytes} were announced.`, {
      fix: 'Create the dataset again with the size of the file.',
    });
  }
  const first = await updateDataset(deps.db, id, ['created'], {
    state: 'uploaded',
    uploadId: null,
    updatedAt: deps.clock.nowMs(),
  });
  if (first) await deps.startValidation(id);
  return toDataset(await requireDataset(deps, id));
}

// The durable steps of a validation, each safe to run again: begin, checksum, slices, settle. What the platform refuses is thrown and
// tried again; only what is wrong with the file itself is a finding.
import type { Ctx, Deps } from '../../deps.ts';
import { type DatasetRow, findDatasetToValidate, moveDataset } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { abortMultipart, deletePrefix, isInvalidPart, isNoSuchUpload } from '../../storage/r2.ts';
import { isMultipart, sha256Of } from '../uploads.ts';
import {
  refusal,
  SLICE_BYTES,
  stateKey,
  UnreadableState,
  type Validated,
  type ValidationInput,
  validateSlice,
} from './slice.ts';
import { restartValidation, validationOf } from './start.ts';

export type StepDeps = Pick<Deps, 'db' | 'bucket' | 'clock' | 'validations'>;

export interface Begun extends ValidationInput {
  /** The first that is still to be done. */
  slice: number;
}

/** `stopped`: the dataset is being deleted, or another instance has taken over. */
export type SliceResult = { status: 'stopped' } | { status: 'more' } | { status: 'found'; found: Validated };

const system = (workspace: string): Ctx => ({ workspace, actor: 'system' });

/** @returns what the later steps need; null where there is nothing to validate, or somebody else does */
export async function beginValidation(deps: StepDeps, id: string, instance: string): Promise<Begun | null> {
  const row = await findDatasetToValidate(deps.db, id);
  if (!row || row.instance !== instance || (row.state !== 'uploaded' && row.state !== 'validating')) return null;
  const { workspace, kind, format, badRows, sampling, columns } = row;
  const raw = await deps.bucket.head(places.datasetRaw(workspace, id));
  const rowsUploadId = row.rowsUploadId ?? (await beginRows(deps, row));
  if (rowsUploadId === null) return null;
  const dataset = { id, workspace, kind, format, badRows, sampling, columns };
  const done = row.rowsUploadId === null ? 0 : await lastSlice(deps.bucket, { dataset, instance });
  return { dataset, instance, rowsUploadId, etag: raw?.etag ?? '', slice: done + 1 };
}

async function beginRows(deps: StepDeps, { id, workspace, instance }: DatasetRow): Promise<string | null> {
  const key = places.datasetRows(workspace, id);
  const { uploadId } = await deps.bucket.createMultipartUpload(key);
  const moved = await moveDataset(deps.db, id, {
    workspace,
    from: ['uploaded', 'validating'],
    instance,
    change: { state: 'validating', rowsUploadId: uploadId },
    nowMs: deps.clock.nowMs(),
  });
  if (moved) return uploadId;
  await abortMultipart(deps.bucket, key, uploadId);
  return null;
}

/** Of an instance before this one that was broken off. */
async function lastSlice(bucket: R2Bucket, input: Pick<ValidationInput, 'dataset' | 'instance'>): Promise<number> {
  const prefix = stateKey(input, 0).slice(0, -1);
  const { objects } = await bucket.list({ prefix });
  return Math.max(0, ...objects.map(({ key }) => Number(key.slice(prefix.length))));
}

/** Says that it is at work. @returns false where it is not to go on */
async function isAtWork(deps: StepDeps, { dataset, instance }: ValidationInput): Promise<boolean> {
  const { id, workspace } = dataset;
  return await moveDataset(deps.db, id, {
    workspace,
    from: ['validating'],
    instance,
    change: {},
    nowMs: deps.clock.nowMs(),
  });
}

/**
 * The SHA-256 over all parts of a multipart upload; a single one was checked by R2 as it came in.
 * @returns what is wrong, or null
 */
export async function checkWholeSha256(deps: StepDeps, id: string): Promise<Validated | null> {
  const row = await findDatasetToValidate(deps.db, id);
  if (!row?.sha256 || !isMultipart(row.bytes)) return null;
  const actual = await sha256Of(deps.bucket, places.datasetRaw(row.workspace, id));
  if (actual === null || actual === row.sha256) return null;
  return refusal({
    line: 1,
    column: null,
    problem: `The file's SHA-256 is ${actual}; ${row.sha256} was announced.`,
    fix: 'Create the dataset again and send every part of the same file.',
  });
}

/** @param slice from 1 */
export async function runSlice(
  deps: StepDeps,
  input: ValidationInput,
  slice: number,
  sliceBytes = SLICE_BYTES,
): Promise<SliceResult> {
  if (!(await isAtWork(deps, input))) return await stop(deps, input);
  // A slice that runs again needs the one before it, and none before that.
  if (slice > 2) await deps.bucket.delete(stateKey(input, slice - 2));
  try {
    const found = await validateSlice(deps, input, slice, sliceBytes);
    if (found) return { status: 'found', found };
  } catch (error) {
    if (isNoSuchUpload(error) || error instanceof UnreadableState) return await beginAnew(deps, input);
    throw error;
  }
  return (await isAtWork(deps, input)) ? { status: 'more' } : await stop(deps, input);
}

/** Leaves nothing behind that whoever deletes it, or validates it in its place, does not know of. */
async function stop(
  deps: StepDeps,
  { dataset: { id, workspace }, instance, rowsUploadId }: ValidationInput,
): Promise<{ status: 'stopped' }> {
  const row = await findDatasetToValidate(deps.db, id);
  const validation = validationOf(instance);
  if (row?.instance && validationOf(row.instance) === validation && row.state !== 'deleting')
    return { status: 'stopped' };
  await abortMultipart(deps.bucket, places.datasetRows(workspace, id), rowsUploadId);
  await deletePrefix(deps.bucket, places.datasetValidation(workspace, id, validation));
  // Another validation of the same bytes finds the same items.
  if (!row || row.state === 'deleting') {
    await deps.bucket.delete([places.datasetItems(workspace, id), places.datasetFacts(workspace, id)]);
  }
  return { status: 'stopped' };
}

/** What was written so far is of no use: lost, as after a week in which nothing could be done, or of another version. */
async function beginAnew(deps: StepDeps, input: ValidationInput): Promise<{ status: 'stopped' }> {
  const { dataset, instance, rowsUploadId } = input;
  await restartValidation(deps, { ...dataset, instance, rowsUploadId }, ['validating'], system(dataset.workspace));
  return await stop(deps, input);
}

/** Rows become visible before the dataset is ready, and never when it is rejected. */
export async function settleValidation(
  deps: StepDeps,
  input: ValidationInput,
  found: Validated,
): Promise<'ready' | 'rejected' | 'stopped'> {
  const { dataset, instance, rowsUploadId } = input;
  const { id, workspace } = dataset;
  if (!(await isAtWork(deps, input))) return (await stop(deps, input)).status;
  const key = places.datasetRows(workspace, id);
  const state = found.accepted ? 'ready' : 'rejected';
  if (state === 'rejected') await abortMultipart(deps.bucket, key, rowsUploadId);
  else if (!(await publishRows(deps.bucket, key, rowsUploadId, found.parts))) {
    return (await beginAnew(deps, input)).status;
  }
  await deletePrefix(deps.bucket, places.datasetValidation(workspace, id, validationOf(instance)));
  const { stats, facts, warnings, errorCount, rowErrors } = found;
  const nowMs = deps.clock.nowMs();
  const moved = await moveDataset(deps.db, id, {
    workspace,
    from: ['validating'],
    instance,
    change: { state, rowsUploadId: null, stats, facts, warnings, errorCount, rowErrors },
    nowMs,
    audit: { ctx: system(workspace), action: `dataset.${state === 'ready' ? 'accept' : 'reject'}`, subject: id, nowMs },
  });
  return moved ? state : (await stop(deps, input)).status;
}

/** A step that runs again finds it done. @returns false where the parts are lost */
async function publishRows(bucket: R2Bucket, key: string, uploadId: string, parts: R2UploadedPart[]): Promise<boolean> {
  try {
    await bucket.resumeMultipartUpload(key, uploadId).complete(parts);
    return true;
  } catch (error) {
    if (isInvalidPart(error)) return false;
    if (isNoSuchUpload(error)) return (await bucket.head(key)) !== null;
    throw error;
  }
}

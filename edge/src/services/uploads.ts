// Every large object that comes in: announced before any byte, cut into parts, completed once all of them are there and the whole is what
// was announced, or dropped.
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import type { AnnouncedResult, Upload } from '@tallrec/shared/wire/uploads';
import type { Deps } from '../deps.ts';
import type { AuditInput } from '../repo/audit.ts';
import {
  addUpload,
  deleteUpload,
  findUploadAt,
  forgetParts,
  listUploadsOf,
  setComplete,
  setDropping,
  type UploadRow,
  type UploadWithParts,
} from '../repo/uploads.ts';
import { signedPath } from '../storage/places.ts';
import { abortMultipart, isBadDigest, isInvalidPart, isNoSuchUpload } from '../storage/r2.ts';
import { iso } from './timestamps.ts';

type UploadDeps = Pick<Deps, 'db' | 'bucket' | 'clock'>;

export interface PartSize {
  part: number;
  bytes: number;
}

/** A small file goes to its place in one piece, and R2 checks its SHA-256; a large one in parts that R2 puts together. */
export function isMultipart(bytes: number): boolean {
  return bytes > LIMITS.singleUploadBytes;
}

/** Parts from 1, all of one size but the last; an empty file has none. */
export function partSizes(bytes: number): PartSize[] {
  const count = Math.ceil(bytes / LIMITS.uploadPartBytes);
  return Array.from({ length: count }, (_, at) => ({
    part: at + 1,
    bytes: Math.min(LIMITS.uploadPartBytes, bytes - at * LIMITS.uploadPartBytes),
  }));
}

export interface Announced {
  workspace: string;
  /** Where in R2 it goes. */
  key: string;
  /** What it belongs to: a dataset, a job, an adapter's import. */
  subject: string;
  /** Of a job: only while it holds. */
  fence?: number;
  bytes: number;
  sha256?: string | null | undefined;
}

/** Nothing is begun in R2 before the first byte, so that there is nothing to clean up where none comes. */
export function newUpload(deps: Pick<Deps, 'clock' | 'newId'>, announced: Announced): UploadRow {
  const { workspace, key, subject, fence = null, bytes, sha256 = null } = announced;
  const nowMs = deps.clock.nowMs();
  return {
    id: deps.newId('upload'),
    workspace,
    key,
    subject,
    fence,
    bytes,
    sha256,
    uploadId: null,
    state: 'open',
    createdAt: nowMs,
    updatedAt: nowMs,
  };
}

/**
 * Announcing the same again gives the same upload, with what has arrived; another file for the same place takes its place.
 * @param audit who asked for it, where somebody did
 */
export async function openUpload(
  deps: UploadDeps & Pick<Deps, 'newId'>,
  announced: Announced,
  audit?: AuditInput,
): Promise<UploadWithParts> {
  const { workspace, key, bytes, sha256 = null } = announced;
  const known = await findUploadAt(deps.db, workspace, key);
  if (known && known.state !== 'dropping' && known.bytes === bytes && known.sha256 === sha256) return known;
  if (known) await dropUpload(deps, known);
  await addUpload(deps.db, newUpload(deps, announced), audit);
  return (await findUploadAt(deps.db, workspace, key))!;
}

/** A node may be cut off for long, and what it announces again has new paths. */
const RESULT_PATH_TTL_MS = 24 * 60 * 60 * 1000;

async function signedParts(deps: Pick<Deps, 'signing'>, upload: UploadWithParts, exp: number) {
  const received = new Set(upload.parts.map(({ part }) => part));
  return await Promise.all(
    partSizes(upload.bytes).map(async ({ part, bytes }) => {
      const path = await signedPath(deps, { op: 'put-part', upload: upload.id, part, exp });
      return { part, bytes, path, received: received.has(part) };
    }),
  );
}

/**
 * As whoever sends it needs it: a signed URL for each part.
 * @param origin where clients reach the edge, such as `https://edge.example`
 */
export async function uploadView(
  deps: Pick<Deps, 'clock' | 'signing'>,
  upload: UploadWithParts,
  origin: string,
): Promise<Upload> {
  const { id, bytes } = upload;
  const exp = deps.clock.nowMs() + LIMITS.uploadUrlTtlMs;
  const parts = await signedParts(deps, upload, exp);
  if (!isMultipart(bytes)) {
    const { path, received } = parts[0]!;
    return { mode: 'single', id, url: origin + path, received, expiresAt: iso(exp) };
  }
  return {
    mode: 'multipart',
    id,
    partBytes: LIMITS.uploadPartBytes,
    parts: parts.map(({ part, bytes, path, received }) => ({ part, bytes, url: origin + path, received })),
    expiresAt: iso(exp),
  };
}

/** The same for a job's node, which knows where the edge is and wants to hear only of what is lacking. */
export async function announcedView(
  deps: Pick<Deps, 'clock' | 'signing'>,
  upload: UploadWithParts,
): Promise<AnnouncedResult> {
  const done = upload.state === 'complete';
  const parts = done ? [] : await signedParts(deps, upload, deps.clock.nowMs() + RESULT_PATH_TTL_MS);
  return {
    upload: upload.id,
    done,
    partBytes: LIMITS.uploadPartBytes,
    parts: parts.filter(({ received }) => !received).map(({ part, bytes, path }) => ({ part, bytes, path })),
  };
}

/**
 * The last step. Doing it again changes nothing.
 * @param verify whether the SHA-256 over all parts is checked here; else it is checked when the file is used
 * @throws TallrecError ILLEGAL_STATE where parts are lacking, CHECKSUM_MISMATCH where they have to be sent again
 */
export async function completeUpload(
  deps: UploadDeps,
  upload: UploadWithParts,
  { verify = true }: { verify?: boolean } = {},
): Promise<void> {
  if (upload.state === 'complete') return;
  if (upload.state === 'dropping') throw new TallrecError('ILLEGAL_STATE', 'This upload is no more.');
  requireParts(upload);
  if (upload.bytes === 0) await putEmpty(deps, upload);
  else if (isMultipart(upload.bytes)) {
    await assemble(deps, upload);
    if (verify && upload.sha256 !== null) await verifyWhole(deps, upload, upload.sha256);
  } else await requireSingle(deps, upload);
  await setComplete(deps.db, upload.id, deps.clock.nowMs());
}

function requireParts({ bytes, parts }: UploadWithParts): void {
  const received = new Set(parts.map(({ part }) => part));
  const missing = partSizes(bytes).flatMap(({ part }) => (received.has(part) ? [] : [part]));
  if (missing.length === 0) return;
  const what = isMultipart(bytes) ? `${missing.length} of its ${partSizes(bytes).length} parts have` : 'the file has';
  throw new TallrecError('ILLEGAL_STATE', `The upload cannot be completed: ${what} not arrived.`, {
    fix: 'PUT what is lacking to its upload URL first.',
    details: { missing: missing.slice(0, 100) },
  });
}

async function again(deps: UploadDeps, upload: UploadRow, cause?: unknown): Promise<never> {
  await forgetParts(deps.db, upload.id, deps.clock.nowMs());
  throw new TallrecError('CHECKSUM_MISMATCH', 'The bytes that arrived are not those that were announced.', {
    fix: 'Send the whole file again.',
    ...(cause === undefined ? {} : { cause }),
  });
}

async function putEmpty(deps: UploadDeps, upload: UploadRow): Promise<void> {
  try {
    const { key, sha256 } = upload;
    await deps.bucket.put(key, new Uint8Array(), sha256 === null ? {} : { sha256 });
  } catch (error) {
    if (isBadDigest(error)) await again(deps, upload, error);
    throw error;
  }
}

async function requireSingle(deps: UploadDeps, upload: UploadWithParts): Promise<void> {
  const object = await deps.bucket.head(upload.key);
  if (object?.etag !== upload.parts[0]!.etag) await again(deps, upload);
}

/** A repeated call finds the parts put together already and the whole file in its place. */
async function assemble(deps: UploadDeps, upload: UploadWithParts): Promise<void> {
  const { key, uploadId, bytes, parts } = upload;
  const listed = parts.map(({ part, etag }) => ({ partNumber: part, etag }));
  try {
    await deps.bucket.resumeMultipartUpload(key, uploadId!).complete(listed);
  } catch (error) {
    if (isNoSuchUpload(error)) {
      if ((await deps.bucket.head(key))?.size !== bytes) await again(deps, upload, error);
    } else if (isInvalidPart(error)) await again(deps, upload, error);
    else throw error;
  }
}

async function verifyWhole(deps: UploadDeps, upload: UploadRow, sha256: string): Promise<void> {
  if ((await sha256Of(deps.bucket, upload.key)) === sha256) return;
  await deps.bucket.delete(upload.key);
  await again(deps, upload);
}

/** @returns lower-case hex, or null where nothing lies there */
export async function sha256Of(bucket: R2Bucket, key: string): Promise<string | null> {
  const object = await bucket.get(key);
  if (!object) return null;
  const digest = new crypto.DigestStream('SHA-256');
  await object.body.pipeTo(digest);
  return new Uint8Array(await digest.digest).toHex();
}

/** Drops an upload with all that has arrived of it: bytes before rows, so that what breaks off is found and finished. */
export async function dropUpload(deps: UploadDeps, { id, key, uploadId }: UploadRow): Promise<void> {
  await setDropping(deps.db, id, deps.clock.nowMs());
  if (uploadId !== null) await abortMultipart(deps.bucket, key, uploadId);
  await deps.bucket.delete(key);
  await deleteUpload(deps.db, id);
}

/**
 * Drops the uploads of a dataset, a job or an import.
 * @param keeps the places of those that stay
 */
export async function dropUploadsOf(
  deps: UploadDeps,
  workspace: string,
  subject: string,
  keeps: (key: string) => boolean = () => false,
): Promise<void> {
  for (const row of await listUploadsOf(deps.db, workspace, subject)) if (!keeps(row.key)) await dropUpload(deps, row);
}

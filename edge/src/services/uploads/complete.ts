// The last step of every large object that comes in: all parts are there, and the whole is what was announced.
import { TallrecError } from '@tallrec/shared/errors';
import type { Deps } from '../../deps.ts';
import { forgetParts, setComplete, type UploadRow, type UploadWithParts } from '../../repo/uploads.ts';
import { isBadDigest, isInvalidPart, isNoSuchUpload } from '../../storage/r2.ts';
import { isMultipart, partSizes } from './parts.ts';

type CompleteDeps = Pick<Deps, 'db' | 'bucket' | 'clock'>;

/**
 * Doing it again changes nothing.
 * @param verify whether the SHA-256 over all parts is checked here; else it is checked when the file is used
 * @throws TallrecError ILLEGAL_STATE where parts are lacking, CHECKSUM_MISMATCH where they have to be sent again
 */
export async function completeUpload(
  deps: CompleteDeps,
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

async function again(deps: CompleteDeps, upload: UploadRow, cause?: unknown): Promise<never> {
  await forgetParts(deps.db, upload.id, deps.clock.nowMs());
  throw new TallrecError('CHECKSUM_MISMATCH', 'The bytes that arrived are not those that were announced.', {
    fix: 'Send the whole file again.',
    ...(cause === undefined ? {} : { cause }),
  });
}

async function putEmpty(deps: CompleteDeps, upload: UploadRow): Promise<void> {
  try {
    const { key, sha256 } = upload;
    await deps.bucket.put(key, new Uint8Array(), sha256 === null ? {} : { sha256 });
  } catch (error) {
    if (isBadDigest(error)) await again(deps, upload, error);
    throw error;
  }
}

async function requireSingle(deps: CompleteDeps, upload: UploadWithParts): Promise<void> {
  const object = await deps.bucket.head(upload.key);
  if (object?.etag !== upload.parts[0]!.etag) await again(deps, upload);
}

/** A repeated call finds the parts put together already and the whole file in its place. */
async function assemble(deps: CompleteDeps, upload: UploadWithParts): Promise<void> {
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

async function verifyWhole(deps: CompleteDeps, upload: UploadRow, sha256: string): Promise<void> {
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

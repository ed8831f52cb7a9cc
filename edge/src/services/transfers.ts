// What a signed path permits: the token in it is the permission, whoever brings it. Bytes that come in are streamed to R2 and hashed on the
// way; a part counts once it arrived whole and as it was sent.
import { invalidInput, TallrecError } from '@tallrec/shared/errors';
import { sha256Schema } from '@tallrec/shared/ids';
import { LIMITS } from '@tallrec/shared/limits';
import { type Grant, verifyGrant } from '@tallrec/shared/signing';
import type { AnnouncedResult, AnnounceResult, ReceivedPart } from '@tallrec/shared/wire/uploads';
import type { Deps } from '../deps.ts';
import {
  fenceHolds,
  findUpload,
  forgetPart,
  forgetParts,
  recordPart,
  setMultipart,
  type UploadRow,
  type UploadWithParts,
  workspaceOfFence,
} from '../repo/uploads.ts';
import { places } from '../storage/places.ts';
import { abortMultipart, isBadDigest, isNoSuchUpload } from '../storage/r2.ts';
import { serveObject } from '../storage/serve-object.ts';
import { announcedView, completeUpload, isMultipart, openUpload, partSizes } from './uploads.ts';

type TransferDeps = Pick<Deps, 'db' | 'bucket' | 'clock' | 'signing' | 'newId'>;

const PURPOSES: Record<Grant['op'], { for: string; fix: string }> = {
  'put-part': { for: 'sending a part of a file', fix: 'Use PUT.' },
  get: { for: 'reading', fix: 'Use GET.' },
  'get-input': { for: 'reading', fix: 'Use GET.' },
  'put-results': { for: 'announcing the results of a job', fix: 'Use POST.' },
};

async function granted<Op extends Grant['op']>(
  deps: TransferDeps,
  token: string,
  ...ops: Op[]
): Promise<Extract<Grant, { op: Op }>> {
  const grant = await verifyGrant(token, deps.signing, deps.clock.nowMs());
  if ((ops as Grant['op'][]).includes(grant.op)) return grant as Extract<Grant, { op: Op }>;
  const purpose = PURPOSES[grant.op];
  throw new TallrecError('FORBIDDEN', `This signed URL is for ${purpose.for}.`, { fix: purpose.fix });
}

function stale(job: string): TallrecError {
  return new TallrecError('STALE_FENCE', `The job ${job} is over, or has been given to another run since.`, {
    fix: 'Drop this run.',
  });
}

/** @throws TallrecError as `receivePart`, TOKEN_INVALID, TOKEN_EXPIRED, FORBIDDEN */
export async function putPart(deps: TransferDeps, token: string, incoming: Incoming): Promise<StoredPart> {
  return await receivePart(deps, await granted(deps, token, 'put-part'), incoming);
}

/**
 * Whole, a range, or nothing new: see `serveObject`.
 * @throws TallrecError NOT_FOUND, RANGE_NOT_SATISFIABLE, PRECONDITION_FAILED, STALE_FENCE, TOKEN_INVALID, TOKEN_EXPIRED, FORBIDDEN
 */
export async function readTransfer(deps: TransferDeps, token: string, headers: Headers): Promise<Response> {
  const grant = await granted(deps, token, 'get', 'get-input');
  if (grant.op === 'get-input' && !(await fenceHolds(deps.db, grant.job, grant.fence))) throw stale(grant.job);
  return await serveObject(deps.bucket, grant.key, headers, { filename: grant.key.split('/').at(-1)! });
}

/**
 * What a node is about to send of a run. The place is made of the job and the run that the path was signed for, never of words of
 * the node's own but the file's name; announcing it again tells what is still lacking.
 */
export async function announceResult(
  deps: TransferDeps,
  token: string,
  { file, bytes, sha256 }: AnnounceResult,
): Promise<AnnouncedResult> {
  const { job, fence } = await granted(deps, token, 'put-results');
  const workspace = await workspaceOfFence(deps.db, job, fence);
  if (workspace === undefined) throw stale(job);
  const key = places.jobResult(workspace, job, fence, file);
  return await announcedView(deps, await openUpload(deps, { workspace, key, subject: job, fence, bytes, sha256 }));
}

/** @throws TallrecError as `completeUpload`; NOT_FOUND for an upload of anything else than this run */
export async function completeResult(deps: TransferDeps, token: string, id: string): Promise<AnnouncedResult> {
  const { job, fence } = await granted(deps, token, 'put-results');
  if (!(await fenceHolds(deps.db, job, fence))) throw stale(job);
  const upload = await findUpload(deps.db, id);
  if (!upload || upload.subject !== job || upload.fence !== fence) {
    throw new TallrecError('NOT_FOUND', `This run has announced no upload ${id}.`, { fix: 'Announce the file again.' });
  }
  await completeUpload(deps, upload);
  return await announcedView(deps, { ...upload, state: 'complete' });
}

export interface Incoming {
  contentLength: string | undefined;
  /** Hex SHA-256 of this body, when the sender knows it. */
  sha256: string | undefined;
  body: ReadableStream<Uint8Array> | null;
}

export type StoredPart = ReceivedPart & { etag: string };

type ReceiveDeps = Pick<Deps, 'db' | 'bucket' | 'clock'>;

/** Before anything is read: R2 needs the length, and no platform takes more than this. */
function declaredLength({ contentLength }: Incoming): number {
  if (contentLength === undefined || !/^\d+$/.test(contentLength)) {
    throw new TallrecError('LENGTH_REQUIRED', 'An upload needs its size in the header Content-Length.', {
      fix: 'Send the bytes with their length known, not chunked.',
    });
  }
  const bytes = Number(contentLength);
  if (bytes <= LIMITS.bodyBytes) return bytes;
  throw new TallrecError('TOO_LARGE', `A body may have ${LIMITS.bodyBytes} bytes; this one has ${bytes}.`, {
    fix: 'Send the file in the parts that its upload names, one at a time.',
  });
}

function declaredSha256({ sha256 }: Incoming): string | undefined {
  if (sha256 === undefined) return undefined;
  const sent = sha256Schema.safeParse(sha256.toLowerCase());
  if (sent.success) return sent.data;
  throw invalidInput('header.x-content-sha256', sent.error);
}

function mismatch(cause?: unknown): TallrecError {
  return new TallrecError(
    'CHECKSUM_MISMATCH',
    'The bytes do not have the SHA-256 that was announced; they do not count.',
    {
      fix: 'Send them again; if that fails again, check the SHA-256.',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

async function requireOpen(deps: ReceiveDeps, id: string): Promise<UploadWithParts> {
  const upload = await findUpload(deps.db, id);
  if (!upload || upload.state === 'dropping') {
    throw new TallrecError('NOT_FOUND', 'This upload is no more.', { fix: 'Announce the file again.' });
  }
  if (upload.state === 'complete') {
    throw new TallrecError('ILLEGAL_STATE', 'This upload has been completed: its bytes are fixed.');
  }
  if (upload.fence !== null && !(await fenceHolds(deps.db, upload.subject, upload.fence))) {
    throw new TallrecError('STALE_FENCE', `The job ${upload.subject} has been given to another run since.`, {
      fix: 'Drop this run.',
    });
  }
  return upload;
}

/**
 * May be repeated until the upload is completed: the last one that arrived whole counts.
 * @throws TallrecError LENGTH_REQUIRED, TOO_LARGE, VALIDATION_FAILED (length), CHECKSUM_MISMATCH, BAD_REQUEST (broken off),
 *   NOT_FOUND, ILLEGAL_STATE, STALE_FENCE
 */
export async function receivePart(
  deps: ReceiveDeps,
  { upload: id, part }: { upload: string; part: number },
  incoming: Incoming,
): Promise<StoredPart> {
  const length = declaredLength(incoming);
  const declared = declaredSha256(incoming);
  const upload = await requireOpen(deps, id);
  const expected = partSizes(upload.bytes)[part - 1];
  if (!expected) throw new TallrecError('NOT_FOUND', `This upload has no part ${part}.`);
  if (length !== expected.bytes) {
    throw new TallrecError(
      'VALIDATION_FAILED',
      `Content-Length is ${length}; part ${part} has ${expected.bytes} bytes.`,
      {
        fix: 'Send exactly this part of the file; announce the file again if its size was wrong.',
        details: { expectedBytes: expected.bytes, contentLength: length },
      },
    );
  }
  const whole = isMultipart(upload.bytes) ? undefined : (upload.sha256 ?? undefined);
  if (whole !== undefined && declared !== undefined && whole !== declared) throw mismatch();

  const uploadId = isMultipart(upload.bytes) ? await multipartOf(deps, upload) : null;
  const { etag, sha256 } = await store(deps, upload, { part, uploadId, length, known: whole ?? declared, incoming });
  const wanted = whole ?? declared ?? sha256;
  if (wanted !== sha256) {
    // What R2 holds of this part is not what was recorded before.
    await forgetPart(deps.db, id, part);
    throw mismatch();
  }
  const recorded = { upload: id, part, bytes: length, sha256, etag };
  if (await recordPart(deps.db, recorded, uploadId, deps.clock.nowMs())) return { part, bytes: length, sha256, etag };
  return await refuseLate(deps, upload, uploadId);
}

/** Begun with the first part. One that is lost between the two calls holds nothing, and R2 ends it by itself. */
async function multipartOf(deps: ReceiveDeps, upload: UploadRow): Promise<string> {
  if (upload.uploadId !== null) return upload.uploadId;
  const { uploadId } = await deps.bucket.createMultipartUpload(upload.key);
  if (await setMultipart(deps.db, upload.id, uploadId)) return uploadId;
  await abortMultipart(deps.bucket, upload.key, uploadId);
  const other = (await requireOpen(deps, upload.id)).uploadId;
  if (other !== null) return other;
  throw new Error(`The upload ${upload.id} has lost its multipart upload`);
}

interface Piece {
  part: number;
  uploadId: string | null;
  length: number;
  /** R2 checks it where the file goes in one piece. */
  known: string | undefined;
  incoming: Incoming;
}

async function store(
  deps: ReceiveDeps,
  upload: UploadRow,
  { part, uploadId, length, known, incoming }: Piece,
): Promise<{ etag: string; sha256: string }> {
  const hash = new crypto.DigestStream('SHA-256');
  const digest = hash.digest;
  digest.catch(() => undefined);
  const { readable, writable } = new FixedLengthStream(length);
  const source = incoming.body ?? new Blob([]).stream();
  const stored =
    uploadId === null
      ? deps.bucket.put(upload.key, readable, known === undefined ? {} : { sha256: known })
      : deps.bucket.resumeMultipartUpload(upload.key, uploadId).uploadPart(part, readable);
  const [pumped, put] = await Promise.allSettled([pump(source, [writable, hash]), stored]);
  if (put.status === 'fulfilled') return { etag: put.value.etag, sha256: new Uint8Array(await digest).toHex() };
  if (isBadDigest(put.reason)) throw mismatch(put.reason);
  if (isNoSuchUpload(put.reason)) return await refuseLate(deps, upload, uploadId);
  if (pumped.status === 'rejected' && length > 0) {
    throw new TallrecError('BAD_REQUEST', 'The body broke off before its Content-Length; it does not count.', {
      fix: 'Send it again.',
    });
  }
  throw put.reason;
}

/** Read in pieces of this size: as they come from the network they are small, and each costs as much. */
const PIECE_BYTES = 512 * 1024;

async function pump(source: ReadableStream<Uint8Array>, sinks: WritableStream<Uint8Array>[]): Promise<void> {
  const reader = source.getReader({ mode: 'byob' });
  const writers = sinks.map((sink) => sink.getWriter());
  try {
    let piece: Uint8Array<ArrayBuffer> = new Uint8Array(PIECE_BYTES);
    for (;;) {
      const { value, done } = await reader.readAtLeast(PIECE_BYTES, piece);
      if (value && value.length > 0) await Promise.all(writers.map((writer) => writer.write(value)));
      if (done || !value) break;
      piece = new Uint8Array(value.buffer as ArrayBuffer);
    }
    await Promise.all(writers.map((writer) => writer.close()));
  } catch (error) {
    await Promise.allSettled([reader.cancel(error), ...writers.map((writer) => writer.abort(error))]);
    throw error;
  }
}

/** The upload was completed, replaced or dropped while the bytes were on their way. */
async function refuseLate(deps: ReceiveDeps, upload: UploadRow, uploadId: string | null): Promise<never> {
  const now = await findUpload(deps.db, upload.id);
  const gone = !now || now.state === 'dropping';
  if (gone && uploadId === null) await deps.bucket.delete(upload.key);
  // R2 ends a multipart upload after a week: the parts have to come again, to a new one.
  if (now?.state === 'open' && now.uploadId === uploadId && !(await deps.bucket.head(upload.key))) {
    await forgetParts(deps.db, upload.id, deps.clock.nowMs());
  }
  throw new TallrecError('ILLEGAL_STATE', 'This upload has ended while the bytes were on their way.', {
    fix: 'Announce the file again.',
  });
}

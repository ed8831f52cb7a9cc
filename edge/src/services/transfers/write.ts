// Bytes that come in by a signed URL stream to R2; a wrong length, checksum or state keeps nothing.
import { TallrecError } from '@tallrec/shared/errors';
import { sha256Schema } from '@tallrec/shared/ids';
import { type Grant, verifyGrant } from '@tallrec/shared/signing';
import type { Deps } from '../../deps.ts';
import { findDatasetState } from '../../repo/datasets.ts';
import { datasetOfRaw } from '../../storage/places.ts';
import { explainR2 } from '../../storage/r2-errors.ts';

export interface Incoming {
  contentLength: string | undefined;
  /** Hex SHA-256 of this body, when the sender knows it: R2 checks it and keeps it with the object. */
  sha256: string | undefined;
  body: ReadableStream<Uint8Array> | null;
}

export interface Written {
  bytes: number;
  etag: string;
  /** For a part of a multipart upload. */
  part?: number;
}

type PutGrant = Exclude<Grant, { op: 'get' }>;
type WriteDeps = Pick<Deps, 'db' | 'bucket' | 'clock' | 'secrets' | 'fenceHolds'>;

function lengthOf(incoming: Incoming, grant: PutGrant): number {
  const { contentLength } = incoming;
  if (contentLength === undefined || !/^\d+$/.test(contentLength)) {
    throw new TallrecError('LENGTH_REQUIRED', 'An upload needs its size in the header Content-Length.', {
      fix: 'Send the bytes with their length known, not chunked.',
    });
  }
  const bytes = Number(contentLength);
  if (grant.op === 'put-result') {
    if (bytes <= grant.maxBytes) return bytes;
    throw new TallrecError('TOO_LARGE', `This result has ${bytes} bytes; ${grant.maxBytes} are allowed.`);
  }
  if (bytes === grant.bytes) return bytes;
  throw new TallrecError('VALIDATION_FAILED', `Content-Length is ${bytes}, but ${grant.bytes} bytes were announced.`, {
    fix:
      grant.op === 'put-part'
        ? `Send exactly part ${grant.part} of the file.`
        : 'Send the whole file, or create the dataset again with its true size.',
    details: { expectedBytes: grant.bytes, contentLength: bytes },
  });
}

function checksumOf(incoming: Incoming, grant: PutGrant): string | undefined {
  const granted = grant.op === 'put' ? grant.sha256 : undefined;
  if (incoming.sha256 === undefined) return granted;
  const sent = sha256Schema.safeParse(incoming.sha256.toLowerCase());
  if (!sent.success) throw new TallrecError('VALIDATION_FAILED', `X-Content-SHA256: ${sent.error.issues[0]!.message}`);
  if (granted === undefined || granted === sent.data) return sent.data;
  throw new TallrecError('CHECKSUM_MISMATCH', 'X-Content-SHA256 is not the SHA-256 that was announced.', {
    fix: 'Send the same file, or create the dataset again.',
  });
}

/** A dataset's bytes may be sent again until it is completed; a node's only while its fence holds. */
async function checkState(deps: WriteDeps, grant: PutGrant): Promise<void> {
  if (grant.op === 'put-result') {
    if (await deps.fenceHolds(grant.job, grant.fence)) return;
    throw new TallrecError('STALE_FENCE', `The job ${grant.job} has been given to another run since.`, {
      fix: 'Drop this run.',
    });
  }
  const dataset = datasetOfRaw(grant.key);
  if (dataset === undefined) return;
  const state = await findDatasetState(deps.db, dataset);
  if (state === undefined) throw new TallrecError('NOT_FOUND', `The dataset ${dataset} is no more.`);
  if (state !== 'created') {
    throw new TallrecError('ILLEGAL_STATE', `The dataset ${dataset} is ${state}: its bytes are fixed.`, {
      fix: 'Create a new dataset for other bytes.',
    });
  }
}

/**
 * @throws TallrecError LENGTH_REQUIRED, VALIDATION_FAILED (length), TOO_LARGE, CHECKSUM_MISMATCH, ILLEGAL_STATE, STALE_FENCE,
 *   TOKEN_INVALID, TOKEN_EXPIRED
 */
export async function writeTransfer(deps: WriteDeps, token: string, incoming: Incoming): Promise<Written> {
  const grant = await verifyGrant(token, deps.secrets.signingSecret, deps.clock.nowMs());
  if (grant.op === 'get') throw new TallrecError('FORBIDDEN', 'This signed URL is for reading.', { fix: 'Use GET.' });
  const bytes = lengthOf(incoming, grant);
  const sha256 = checksumOf(incoming, grant);
  await checkState(deps, grant);

  const { readable, writable } = new FixedLengthStream(bytes);
  const source = incoming.body ?? new Blob([]).stream();
  const piped = source.pipeTo(writable);
  const stored = store(deps.bucket, grant, readable, sha256);
  const [pipe, put] = await Promise.allSettled([piped, stored]);
  if (put.status === 'rejected') throw explainR2(put.reason, pipe.status === 'rejected');
  return { bytes, ...put.value };
}

async function store(
  bucket: R2Bucket,
  grant: PutGrant,
  body: ReadableStream,
  sha256: string | undefined,
): Promise<Omit<Written, 'bytes'>> {
  if (grant.op === 'put-part') {
    const { etag, partNumber } = await bucket
      .resumeMultipartUpload(grant.key, grant.uploadId)
      .uploadPart(grant.part, body);
    return { etag, part: partNumber };
  }
  const object = await bucket.put(grant.key, body, sha256 === undefined ? {} : { sha256 });
  return { etag: object.etag };
}

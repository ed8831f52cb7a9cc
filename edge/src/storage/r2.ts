// What R2 does not do by itself: its refusals told apart, whole places deleted, lines written in parts.

// R2's own refusals, as opposed to its being out of reach: only these say something of what was sent.
const NO_SUCH_UPLOAD = 10024;
const INVALID_PARTS = [10011, 10025, 10048];
const BAD_DIGEST = 10037;

/** R2 gives its codes only at the end of the message, as `(10037)`. */
function codeOf(error: unknown): number | undefined {
  const code = /\((\d{5})\)\s*$/.exec(error instanceof Error ? error.message : '')?.[1];
  return code === undefined ? undefined : Number(code);
}

/** The multipart upload has been completed, aborted, or has run out. */
export function isNoSuchUpload(error: unknown): boolean {
  return codeOf(error) === NO_SUCH_UPLOAD;
}

/** The parts named are not those that R2 has. */
export function isInvalidPart(error: unknown): boolean {
  return INVALID_PARTS.includes(codeOf(error) ?? 0);
}

/** The bytes do not hash to what was announced. */
export function isBadDigest(error: unknown): boolean {
  return codeOf(error) === BAD_DIGEST;
}

/** What has ended already needs no more ending. */
export async function abortMultipart(bucket: R2Bucket, key: string, uploadId: string): Promise<void> {
  try {
    await bucket.resumeMultipartUpload(key, uploadId).abort();
  } catch (error) {
    if (!isNoSuchUpload(error)) throw error;
  }
}

/** What one call of R2 lists and deletes at most. */
const AT_ONCE = 1000;

/**
 * Deletes all objects below a place. Begun again after it broke off, it goes on with what is left.
 * @param prefix ends with `/`, so that it is a place and not a beginning of others' names too
 * @param kept keys that stay
 */
export async function deletePrefix(bucket: R2Bucket, prefix: string, kept: readonly string[] = []): Promise<void> {
  const keep = new Set(kept);
  let cursor: string | undefined;
  do {
    const page: R2Objects = await bucket.list({ prefix, limit: AT_ONCE, ...(cursor === undefined ? {} : { cursor }) });
    const keys = page.objects.map(({ key }) => key).filter((key) => !keep.has(key));
    if (keys.length > 0) await bucket.delete(keys);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

const PART_BYTES = 8 * 1024 * 1024;

export interface RowsWriterState {
  parts: R2UploadedPart[];
  /** Bytes of the part that is not yet full. */
  rest: Uint8Array;
}

/** Lines into a multipart upload in parts of one size: nothing can be seen of them until it is completed. */
export class RowsWriter {
  private readonly upload: R2MultipartUpload;
  private readonly parts: R2UploadedPart[];
  private readonly buffer = new Uint8Array(PART_BYTES);
  private filled = 0;
  private readonly encoder = new TextEncoder();

  /** @param from where another writer of the same upload has stopped; what was written after that is written over */
  constructor(upload: R2MultipartUpload, from?: RowsWriterState) {
    this.upload = upload;
    this.parts = [...(from?.parts ?? [])];
    if (from) {
      this.buffer.set(from.rest);
      this.filled = from.rest.length;
    }
  }

  async write(text: string): Promise<void> {
    const bytes = this.encoder.encode(text);
    let at = 0;
    while (at < bytes.length) {
      const piece = bytes.subarray(at, at + PART_BYTES - this.filled);
      this.buffer.set(piece, this.filled);
      this.filled += piece.length;
      at += piece.length;
      if (this.filled === PART_BYTES) await this.flush();
    }
  }

  get state(): RowsWriterState {
    return { parts: this.parts, rest: this.buffer.slice(0, this.filled) };
  }

  /** @returns the parts to complete the upload with */
  async finish(): Promise<R2UploadedPart[]> {
    if (this.filled > 0 || this.parts.length === 0) await this.flush();
    return this.parts;
  }

  private async flush(): Promise<void> {
    const { partNumber, etag } = await this.upload.uploadPart(
      this.parts.length + 1,
      this.buffer.subarray(0, this.filled),
    );
    this.parts.push({ partNumber, etag });
    this.filled = 0;
  }
}

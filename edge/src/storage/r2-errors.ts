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

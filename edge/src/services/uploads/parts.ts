// How an upload is cut up.
import { LIMITS } from '@tallrec/shared/limits';

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

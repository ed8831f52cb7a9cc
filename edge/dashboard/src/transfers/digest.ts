// What a file's bytes hash to, whole and part by part: read once, in slices, by whoever has the time for it.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { LIMITS } from '@tallrec/shared/limits';

export interface FileDigest {
  /** Hex. */
  sha256: string;
  /** Of each part that the service asks for, in order. */
  parts: readonly string[];
}

/** Between two of them it tells how far it is. */
const STEP_BYTES = 4 * 1024 * 1024;

/** @throws DOMException where the file can no longer be read */
export async function digestOf(file: Blob, onRead: (bytes: number) => void): Promise<FileDigest> {
  const parts: string[] = [];
  const whole = sha256.create();
  for (let from = 0; from < file.size || parts.length === 0; from += LIMITS.uploadPartBytes) {
    const bytes = new Uint8Array(await file.slice(from, from + LIMITS.uploadPartBytes).arrayBuffer());
    // The browser's own is several times faster, and cannot take a file piece by piece.
    parts.push(bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))));
    if (file.size <= LIMITS.uploadPartBytes) break;
    for (let at = 0; at < bytes.length; at += STEP_BYTES) {
      whole.update(bytes.subarray(at, at + STEP_BYTES));
      onRead(from + Math.min(at + STEP_BYTES, bytes.length));
    }
  }
  return { sha256: parts.length === 1 ? parts[0]! : bytesToHex(whole.digest()), parts };
}

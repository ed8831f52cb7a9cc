// Signed URLs for the bytes of a dataset, one for each part of a large file.
import { LIMITS } from '@tallrec/shared/limits';
import type { Upload } from '@tallrec/shared/wire/datasets';
import type { Deps } from '../../deps.ts';
import type { DatasetRow } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { signedPath } from '../../storage/signed-path.ts';

export interface PartSize {
  part: number;
  bytes: number;
}

export function isMultipart(bytes: number): boolean {
  return bytes > LIMITS.singleUploadBytes;
}

/** Parts from 1, all of one size but the last. */
export function partSizes(bytes: number): PartSize[] {
  const count = Math.ceil(bytes / LIMITS.uploadPartBytes);
  return Array.from({ length: count }, (_, at) => ({
    part: at + 1,
    bytes: Math.min(LIMITS.uploadPartBytes, bytes - at * LIMITS.uploadPartBytes),
  }));
}

/** @param origin where clients reach the edge, such as `https://edge.example` */
export async function uploadUrls(
  deps: Pick<Deps, 'clock' | 'secrets'>,
  dataset: DatasetRow,
  origin: string,
): Promise<Upload> {
  const key = places.datasetRaw(dataset.id);
  const exp = deps.clock.nowMs() + LIMITS.uploadUrlTtlMs;
  const expiresAt = new Date(exp).toISOString();
  const { bytes, sha256, uploadId } = dataset;
  if (uploadId === null) {
    const grant = { op: 'put' as const, key, bytes, ...(sha256 === null ? {} : { sha256 }), exp };
    return { mode: 'single', url: origin + (await signedPath(deps, grant)), expiresAt };
  }
  const parts = await Promise.all(
    partSizes(bytes).map(async ({ part, bytes }) => {
      const path = await signedPath(deps, { op: 'put-part', key, uploadId, part, bytes, exp });
      return { part, bytes, url: origin + path };
    }),
  );
  return { mode: 'multipart', partBytes: LIMITS.uploadPartBytes, parts, expiresAt };
}

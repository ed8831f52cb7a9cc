// An upload as whoever sends it needs it: a signed URL for each part.
import { LIMITS } from '@tallrec/shared/limits';
import type { AnnouncedResult, Upload } from '@tallrec/shared/wire/uploads';
import type { Deps } from '../../deps.ts';
import type { UploadWithParts } from '../../repo/uploads.ts';
import { signedPath } from '../../storage/places.ts';
import { iso } from '../timestamps.ts';
import { isMultipart, partSizes } from './parts.ts';

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

/** @param origin where clients reach the edge, such as `https://edge.example` */
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

// The one protocol by which large objects come in: announced, sent in parts that are recorded one by one, completed.
import { z } from 'zod';
import { countSchema } from '../counts.ts';
import { idSchema, sha256Schema } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { timestampSchema } from './page.ts';

export const partNumberSchema = z.number().int().min(1).max(LIMITS.uploadParts);
const partBytesSchema = countSchema(LIMITS.uploadPartBytes);

export const uploadPartSchema = z.object({
  part: partNumberSchema,
  bytes: partBytesSchema,
  url: z.url(),
  /** Whether its bytes have arrived: an upload that was broken off goes on with those that have not. */
  received: z.boolean(),
});

/** `PUT` the bytes of each part to its URL, with Content-Length and, if known, X-Content-SHA256; then complete. */
export const uploadSchema = z.discriminatedUnion('mode', [
  z.object({
    mode: z.literal('single'),
    id: idSchema('upload'),
    url: z.url(),
    received: z.boolean(),
    expiresAt: timestampSchema,
  }),
  z.object({
    mode: z.literal('multipart'),
    id: idSchema('upload'),
    /** Of every part but the last. */
    partBytes: partBytesSchema,
    parts: z.array(uploadPartSchema),
    expiresAt: timestampSchema,
  }),
]);
export type Upload = z.infer<typeof uploadSchema>;

/** What a part's PUT answers. */
export const receivedPartSchema = z.object({
  part: partNumberSchema,
  bytes: partBytesSchema,
  sha256: sha256Schema,
});
export type ReceivedPart = z.infer<typeof receivedPartSchema>;

/** What the PUT itself answers: the etag is for those who name parts when they complete. */
export const storedPartSchema = receivedPartSchema.extend({ etag: z.string() });

/** What a job's node announces of one file: `POST` it to the path that the job gave. The name may not lead out of the job's place. */
export const announceResultSchema = z.object({
  file: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$/, 'a file name, or folder/name'),
  bytes: countSchema(LIMITS.resultBytes),
  sha256: sha256Schema,
});
export type AnnounceResult = z.infer<typeof announceResultSchema>;

/** Paths on the edge, for each part that has not arrived; `done` where the whole file has. */
export const announcedResultSchema = z.object({
  upload: idSchema('upload'),
  done: z.boolean(),
  partBytes: partBytesSchema,
  parts: z.array(z.object({ part: partNumberSchema, bytes: partBytesSchema, path: z.string() })),
});
export type AnnouncedResult = z.infer<typeof announcedResultSchema>;

/** `POST` it to the path that the job gave, with `/complete` behind it, once all parts have been sent. */
export const completeResultSchema = z.object({ upload: idSchema('upload') });

// Uploads in D1: what was announced, and which of its parts have arrived; for a job's run only while its fence holds.
import { ENDED_STATES } from '@tallrec/shared/wire/jobs';
import { and, asc, eq, gte, inArray, lt, notInArray, sql } from 'drizzle-orm';
import { type AuditInput, auditIfChanged } from './audit.ts';
import type { Db } from './db.ts';
import { jobs, uploadParts, uploads } from './schema.ts';

export type UploadRow = typeof uploads.$inferSelect;
export type PartRow = typeof uploadParts.$inferSelect;
/** An upload with the parts that have arrived, in their order. */
export type UploadWithParts = UploadRow & { parts: PartRow[] };

/** Of adapters that are being imported: their uploads lie together in the index of subjects. */
const IMPORT = 'import:';
export const importSubject = (adapter: string) => `${IMPORT}${adapter}`;

/** For a batch; a place that has an upload keeps it. */
export function insertUpload(db: Db, row: UploadRow) {
  return db.insert(uploads).values(row).onConflictDoNothing();
}

export async function addUpload(db: Db, row: UploadRow, audit?: AuditInput): Promise<void> {
  if (audit) await db.batch([insertUpload(db, row), auditIfChanged(db, audit)]);
  else await insertUpload(db, row);
}

export async function findUpload(db: Db, id: string): Promise<UploadWithParts | undefined> {
  const [rows, parts] = await db.batch([
    db.select().from(uploads).where(eq(uploads.id, id)),
    db.select().from(uploadParts).where(eq(uploadParts.upload, id)).orderBy(asc(uploadParts.part)),
  ]);
  return rows[0] && { ...rows[0], parts };
}

export async function findUploadAt(db: Db, workspace: string, key: string): Promise<UploadWithParts | undefined> {
  const own = and(eq(uploads.workspace, workspace), eq(uploads.key, key));
  const [rows, parts] = await db.batch([
    db.select().from(uploads).where(own),
    db
      .select()
      .from(uploadParts)
      .where(inArray(uploadParts.upload, db.select({ id: uploads.id }).from(uploads).where(own)))
      .orderBy(asc(uploadParts.part)),
  ]);
  return rows[0] && { ...rows[0], parts };
}

export async function listUploadsOf(db: Db, workspace: string, subject: string): Promise<UploadRow[]> {
  return await db
    .select()
    .from(uploads)
    .where(and(eq(uploads.workspace, workspace), eq(uploads.subject, subject)));
}

/** @returns whether this multipart upload is now the one; false where another came first, or nobody waits for parts any more */
export async function setMultipart(db: Db, id: string, uploadId: string): Promise<boolean> {
  const changed = await db
    .update(uploads)
    .set({ uploadId })
    .where(and(eq(uploads.id, id), eq(uploads.state, 'open'), sql`${uploads.uploadId} IS NULL`))
    .returning({ id: uploads.id });
  return changed.length > 0;
}

/**
 * @param uploadId the multipart upload that it went to
 * @returns false where the upload does not wait for it any more
 */
export async function recordPart(db: Db, part: PartRow, uploadId: string | null, nowMs: number): Promise<boolean> {
  const open = sql`id = ${part.upload} AND state = 'open' AND upload_id IS ${uploadId}`;
  const { bytes, sha256, etag } = part;
  const [recorded] = await db.batch([
    db
      .insert(uploadParts)
      .select(sql`SELECT id, ${part.part}, ${bytes}, ${sha256}, ${etag} FROM uploads WHERE ${open}`)
      .onConflictDoUpdate({ target: [uploadParts.upload, uploadParts.part], set: { bytes, sha256, etag } })
      .returning({ part: uploadParts.part }),
    db.update(uploads).set({ updatedAt: nowMs }).where(open),
  ]);
  return recorded.length > 0;
}

export async function forgetPart(db: Db, upload: string, part: number): Promise<void> {
  await db.delete(uploadParts).where(and(eq(uploadParts.upload, upload), eq(uploadParts.part, part)));
}

/** All parts have to be sent again, to a new multipart upload. */
export async function forgetParts(db: Db, id: string, nowMs: number): Promise<void> {
  await db.batch([
    db.delete(uploadParts).where(eq(uploadParts.upload, id)),
    db.update(uploads).set({ uploadId: null, updatedAt: nowMs }).where(eq(uploads.id, id)),
  ]);
}

/** @returns whether it was open until now */
export async function setComplete(db: Db, id: string, nowMs: number): Promise<boolean> {
  const changed = await db
    .update(uploads)
    .set({ state: 'complete', updatedAt: nowMs })
    .where(and(eq(uploads.id, id), eq(uploads.state, 'open')))
    .returning({ id: uploads.id });
  return changed.length > 0;
}

/** From here on nothing comes in any more, and nobody counts on what has. */
export async function setDropping(db: Db, id: string, nowMs: number): Promise<void> {
  await db.update(uploads).set({ state: 'dropping', updatedAt: nowMs }).where(eq(uploads.id, id));
}

export async function deleteUpload(db: Db, id: string): Promise<void> {
  await db.batch([
    db.delete(uploadParts).where(eq(uploadParts.upload, id)),
    db.delete(uploads).where(eq(uploads.id, id)),
  ]);
}

/** Uploads in this state that were last gone on with before then, the oldest first. */
export async function listIdleUploads(
  db: Db,
  state: 'open' | 'dropping',
  beforeMs: number,
  limit: number,
): Promise<UploadRow[]> {
  return await db
    .select()
    .from(uploads)
    .where(and(eq(uploads.state, state), lt(uploads.updatedAt, beforeMs)))
    .orderBy(asc(uploads.updatedAt))
    .limit(limit);
}

/** Files that were sent whole of adapters that nobody imported. */
export async function listIdleImports(db: Db, beforeMs: number, limit: number): Promise<UploadRow[]> {
  return await db
    .select()
    .from(uploads)
    .where(and(gte(uploads.subject, IMPORT), lt(uploads.subject, 'import;'), lt(uploads.updatedAt, beforeMs)))
    .limit(limit);
}

/** A job that was given up as lost may still end well: its node was away and has what nobody else has. */
const OVER = ENDED_STATES.filter((state) => state !== 'failed');

/**
 * What comes from a node under an older fence changes nothing.
 * @returns the job's workspace, or undefined where the fence does not hold
 */
export async function workspaceOfFence(db: Db, job: string, fence: number): Promise<string | undefined> {
  const row = await db
    .select({ workspace: jobs.workspace })
    .from(jobs)
    .where(and(eq(jobs.id, job), eq(jobs.fence, fence), notInArray(jobs.state, OVER)))
    .get();
  return row?.workspace;
}

export async function fenceHolds(db: Db, job: string, fence: number): Promise<boolean> {
  return (await workspaceOfFence(db, job, fence)) !== undefined;
}

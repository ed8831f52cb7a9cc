// Browsers that are signed in, and links that sign in, in D1.
import { and, eq, gt, lte } from 'drizzle-orm';
import { type AuditInput, auditIfChanged } from './audit.ts';
import type { Db } from './db.ts';
import type { ApiKeyRow } from './keys.ts';
import { apiKeys, sessions, signInLinks, workspaces } from './schema.ts';

export type SessionRow = typeof sessions.$inferSelect;

export interface FoundSession {
  session: SessionRow;
  key: ApiKeyRow;
  workspaceName: string;
}

export async function insertSession(db: Db, row: SessionRow, audit: AuditInput): Promise<void> {
  await db.batch([db.insert(sessions).values(row), auditIfChanged(db, audit)]);
}

/** @returns the session with its key, whatever has become of that; undefined where there is none, or it is over */
export async function findSession(db: Db, hash: string, nowMs: number): Promise<FoundSession | undefined> {
  return await db
    .select({ session: sessions, key: apiKeys, workspaceName: workspaces.name })
    .from(sessions)
    .innerJoin(apiKeys, eq(apiKeys.id, sessions.key))
    .innerJoin(workspaces, eq(workspaces.id, apiKeys.workspace))
    .where(and(eq(sessions.hash, hash), gt(sessions.expiresAt, nowMs)))
    .get();
}

export async function deleteSession(db: Db, hash: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.hash, hash));
}

export async function insertSignInLink(db: Db, row: typeof signInLinks.$inferSelect): Promise<void> {
  await db.insert(signInLinks).values(row);
}

/** Takes the link away. @returns its key; undefined where there is none, it was used or is over */
export async function takeSignInLink(db: Db, hash: string, nowMs: number): Promise<ApiKeyRow | undefined> {
  const [taken] = await db.delete(signInLinks).where(eq(signInLinks.hash, hash)).returning();
  if (!taken || taken.expiresAt <= nowMs) return undefined;
  return await db.select().from(apiKeys).where(eq(apiKeys.id, taken.key)).get();
}

/** Sessions and links that are over. */
export async function deleteSessionsBefore(db: Db, nowMs: number): Promise<void> {
  await db.batch([
    db.delete(sessions).where(lte(sessions.expiresAt, nowMs)),
    db.delete(signInLinks).where(lte(signInLinks.expiresAt, nowMs)),
  ]);
}

// API keys in D1.
import type { PageQuery } from '@tallrec/shared/wire/page';
import { and, desc, eq, isNull, lte, or } from 'drizzle-orm';
import { type AuditInput, auditIfChanged } from './audit.ts';
import { afterCursor, type Db } from './db.ts';
import { apiKeys } from './schema.ts';

export type ApiKeyRow = typeof apiKeys.$inferSelect;

const is = (workspace: string, id: string) => and(eq(apiKeys.workspace, workspace), eq(apiKeys.id, id));

/** For a batch. Creating again under the same id gives it a new secret: the answer that held the first one was lost. */
export function keyInsert(db: Db, row: ApiKeyRow) {
  return db
    .insert(apiKeys)
    .values(row)
    .onConflictDoUpdate({
      target: apiKeys.id,
      set: { hash: row.hash, hint: row.hint },
      setWhere: eq(apiKeys.workspace, row.workspace),
    });
}

export async function insertKey(db: Db, row: ApiKeyRow, audit: AuditInput): Promise<void> {
  await db.batch([keyInsert(db, row), auditIfChanged(db, audit)]);
}

/** Of any workspace: whose key it is, is what is asked. */
export async function findKeyByHash(db: Db, hash: string): Promise<ApiKeyRow | undefined> {
  return await db
    .select()
    .from(apiKeys)
    .where(or(eq(apiKeys.hash, hash), eq(apiKeys.oldHash, hash)))
    .get();
}

export async function findKey(db: Db, workspace: string, id: string): Promise<ApiKeyRow | undefined> {
  return await db.select().from(apiKeys).where(is(workspace, id)).get();
}

export async function listKeyRows(db: Db, workspace: string, page: PageQuery): Promise<ApiKeyRow[]> {
  return await db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.workspace, workspace), afterCursor(apiKeys.id, page)))
    .orderBy(desc(apiKeys.id))
    .limit(page.limit + 1);
}

/** @returns the row as it is now; undefined where there is none, or none that is not revoked */
export async function rotateKeyRow(
  db: Db,
  { workspace, id }: { workspace: string; id: string },
  change: Pick<ApiKeyRow, 'hash' | 'hint' | 'oldHashUntil'>,
  audit: AuditInput,
): Promise<ApiKeyRow | undefined> {
  const [rows] = await db.batch([
    db
      .update(apiKeys)
      .set({ ...change, oldHash: change.oldHashUntil === null ? null : apiKeys.hash })
      .where(and(is(workspace, id), isNull(apiKeys.revokedAt)))
      .returning(),
    auditIfChanged(db, audit),
  ]);
  return rows[0];
}

/** @returns the row as it is now, revoked at the time of the first call; undefined where there is none */
export async function revokeKeyRow(
  db: Db,
  { workspace, id }: { workspace: string; id: string },
  nowMs: number,
  audit: AuditInput,
): Promise<ApiKeyRow | undefined> {
  const [, , rows] = await db.batch([
    db
      .update(apiKeys)
      .set({ revokedAt: nowMs, oldHash: null, oldHashUntil: null })
      .where(and(is(workspace, id), isNull(apiKeys.revokedAt))),
    auditIfChanged(db, audit),
    db.select().from(apiKeys).where(is(workspace, id)),
  ]);
  return rows[0];
}

export async function setKeyUsed(
  db: Db,
  { workspace, id }: { workspace: string; id: string },
  { nowMs, unlessSinceMs }: { nowMs: number; unlessSinceMs: number },
): Promise<void> {
  await db
    .update(apiKeys)
    .set({ lastUsedAt: nowMs })
    .where(and(is(workspace, id), or(isNull(apiKeys.lastUsedAt), lte(apiKeys.lastUsedAt, unlessSinceMs))));
}

// API keys in D1.
import type { PageQuery } from '@tallrec/shared/wire/page';
import { and, desc, eq, exists, gt, isNull, lte, ne, not, or, type SQLWrapper, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
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

export async function workspaceOfKey(db: Db, id: string): Promise<string | undefined> {
  return (await db.select({ workspace: apiKeys.workspace }).from(apiKeys).where(eq(apiKeys.id, id)).get())?.workspace;
}

/** Holding `admin`, which makes and revokes keys. */
const isAdmin = (scopes: SQLWrapper) => sql`exists (select 1 from json_each(${scopes}) where value = 'admin')`;

/** A condition on the row that is changed: it is no administrator, or not the only one that holds at `nowMs`. */
function leavesAnAdmin(db: Db, workspace: string, id: string, nowMs: number) {
  const other = alias(apiKeys, 'other');
  const others = db
    .select({ id: other.id })
    .from(other)
    .where(
      and(
        eq(other.workspace, workspace),
        ne(other.id, id),
        isNull(other.revokedAt),
        or(isNull(other.expiresAt), gt(other.expiresAt, nowMs)),
        isAdmin(other.scopes),
      ),
    );
  // One that has expired lets nobody in any more.
  return or(not(isAdmin(apiKeys.scopes)), lte(apiKeys.expiresAt, nowMs), exists(others));
}

/**
 * Unless it is the last key of its workspace that holds `admin`, or that may go too.
 * @returns the row as it is now, revoked at the time of the first call, or not where it had to stay; undefined where there is none
 */
export async function revokeKeyRow(
  db: Db,
  { workspace, id, alsoLastAdmin }: { workspace: string; id: string; alsoLastAdmin: boolean },
  nowMs: number,
  audit: AuditInput,
): Promise<ApiKeyRow | undefined> {
  const [, , rows] = await db.batch([
    db
      .update(apiKeys)
      .set({ revokedAt: nowMs, oldHash: null, oldHashUntil: null })
      .where(
        and(
          is(workspace, id),
          isNull(apiKeys.revokedAt),
          alsoLastAdmin ? undefined : leavesAnAdmin(db, workspace, id, nowMs),
        ),
      ),
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

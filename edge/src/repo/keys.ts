// API keys in D1.
import type { PageQuery } from '@tallrec/shared/wire/page';
import { and, desc, eq, isNull } from 'drizzle-orm';
import type { Db } from './db.ts';
import { afterCursor } from './page.ts';
import { apiKeys } from './schema.ts';

export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** Creating again under the same id gives it a new secret: the answer that held the first one was lost. */
export async function insertKey(db: Db, row: ApiKeyRow): Promise<void> {
  await db
    .insert(apiKeys)
    .values(row)
    .onConflictDoUpdate({ target: apiKeys.id, set: { hash: row.hash, hint: row.hint } });
}

export async function findKeyByHash(db: Db, hash: string): Promise<ApiKeyRow | undefined> {
  return await db.select().from(apiKeys).where(eq(apiKeys.hash, hash)).get();
}

export async function listKeyRows(db: Db, page: PageQuery): Promise<ApiKeyRow[]> {
  return await db
    .select()
    .from(apiKeys)
    .where(afterCursor(apiKeys.id, page))
    .orderBy(desc(apiKeys.id))
    .limit(page.limit + 1);
}

/** @returns the row as it is now, revoked at the time of the first call; undefined where there is none */
export async function revokeKeyRow(db: Db, id: string, nowMs: number): Promise<ApiKeyRow | undefined> {
  await db
    .update(apiKeys)
    .set({ revokedAt: nowMs })
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)));
  return await db.select().from(apiKeys).where(eq(apiKeys.id, id)).get();
}

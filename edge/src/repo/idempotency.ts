// Idempotency keys in D1: who is at work on one, and what the first request was answered.
import { and, eq, isNull, lt, sql } from 'drizzle-orm';
import type { Db } from './db.ts';
import { idempotencyKeys as table } from './schema.ts';

export type IdempotencyRow = typeof table.$inferSelect;
export type IdempotencyId = Pick<IdempotencyRow, 'apiKey' | 'key'>;

const is = (id: IdempotencyId) => and(eq(table.apiKey, id.apiKey), eq(table.key, id.key));

/** @returns the row that holds the key now, and whether it is the new one */
export async function insertClaim(
  db: Db,
  claim: IdempotencyId & { requestHash: string; nowMs: number; expiredBeforeMs: number },
): Promise<{ row: IdempotencyRow; fresh: boolean }> {
  const { apiKey, key, requestHash, nowMs } = claim;
  const [, inserted, rows] = await db.batch([
    db.delete(table).where(and(is(claim), lt(table.createdAt, claim.expiredBeforeMs))),
    db
      .insert(table)
      .values({ apiKey, key, requestHash, claimedAt: nowMs, createdAt: nowMs })
      .onConflictDoNothing()
      .returning(),
    db.select().from(table).where(is(claim)),
  ]);
  return { row: rows[0]!, fresh: inserted.length > 0 };
}

/** @returns false when another request took it over first */
export async function takeOverClaim(db: Db, row: IdempotencyRow, nowMs: number): Promise<boolean> {
  const taken = await db
    .update(table)
    .set({ claimedAt: nowMs })
    .where(and(is(row), isNull(table.status), eq(table.claimedAt, row.claimedAt)))
    .returning({ key: table.key });
  return taken.length > 0;
}

export async function recordAnswer(
  db: Db,
  id: IdempotencyId & { claimedAt: number },
  answer: { status: number; body: string },
): Promise<void> {
  await db
    .update(table)
    .set(answer)
    .where(and(is(id), isNull(table.status), eq(table.claimedAt, id.claimedAt)));
}

export async function deleteClaim(db: Db, id: IdempotencyId & { claimedAt: number }): Promise<void> {
  await db.delete(table).where(and(is(id), isNull(table.status), eq(table.claimedAt, id.claimedAt)));
}

/** The oldest of them, up to `limit`: what is left goes with the next sweep. */
export async function deleteClaimsBefore(db: Db, beforeMs: number, limit = 1000): Promise<void> {
  const old = sql`select rowid from ${table} where ${table.createdAt} < ${beforeMs} order by ${table.createdAt} limit ${limit}`;
  await db.delete(table).where(sql`rowid in (${old})`);
}

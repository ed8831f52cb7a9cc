// The record in D1 through drizzle. D1 has no BEGIN: statements that belong together go through `db.batch`.
import type { PageQuery } from '@tallrec/shared/wire/page';
import { lt, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import * as schema from './schema.ts';

export function openDb(d1: D1Database) {
  return drizzle(d1, { schema });
}

export type Db = ReturnType<typeof openDb>;

/** Fails where D1 is out of reach or its migrations have not been applied. */
export async function pingRecord(db: Db): Promise<void> {
  await db.run(sql`select 1 from ${schema.apiKeys} limit 1`);
}

/** Of a list in pages over ids that sort by time of creation, newest first. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** The condition for rows after the cursor; fetch `limit + 1` of them, by id descending. */
export function afterCursor(id: SQLiteColumn, page: PageQuery) {
  return page.cursor === undefined ? undefined : lt(id, page.cursor);
}

/** @param rows up to `limit + 1` rows, newest first */
export function toPage<Row extends { id: string }, T>(rows: Row[], limit: number, map: (row: Row) => T): Page<T> {
  const shown = rows.slice(0, limit);
  return { items: shown.map(map), nextCursor: rows.length > limit ? shown.at(-1)!.id : null };
}

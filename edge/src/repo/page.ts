// Cursor pages over ids that sort by time of creation, newest first.
import type { PageQuery } from '@tallrec/shared/wire/page';
import { lt } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';

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

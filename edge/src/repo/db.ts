// The record in D1 through drizzle. D1 has no BEGIN: statements that belong together go through `db.batch`.
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import * as schema from './schema.ts';

export function openDb(d1: D1Database) {
  return drizzle(d1, { schema });
}

export type Db = ReturnType<typeof openDb>;

/** Fails where D1 is out of reach or its migrations have not been applied. */
export async function pingRecord(db: Db): Promise<void> {
  await db.run(sql`select 1 from ${schema.apiKeys} limit 1`);
}

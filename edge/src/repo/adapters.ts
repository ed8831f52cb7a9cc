// Adapters and the aliases that point at them in D1.
import type { PageQuery } from '@tallrec/shared/wire/page';
import { and, desc, eq, inArray, notExists, sql } from 'drizzle-orm';
import type { Db } from './db.ts';
import { adapters, aliases, evaluations, tunings } from './schema.ts';

export type AdapterRow = typeof adapters.$inferSelect;
export type AdapterWithAliases = AdapterRow & { aliases: string[] };

/** One content is one row: what is there already stays. */
export async function insertAdapter(db: Db, row: AdapterRow): Promise<AdapterRow> {
  const [, rows] = await db.batch([
    db.insert(adapters).values(row).onConflictDoNothing(),
    db.select().from(adapters).where(eq(adapters.id, row.id)),
  ]);
  return rows[0]!;
}

export async function findAdapter(db: Db, id: string): Promise<AdapterWithAliases | undefined> {
  const [rows, names] = await db.batch([
    db.select().from(adapters).where(eq(adapters.id, id)),
    db.select({ alias: aliases.alias }).from(aliases).where(eq(aliases.adapter, id)).orderBy(aliases.alias),
  ]);
  return rows[0] && { ...rows[0], aliases: names.map(({ alias }) => alias) };
}

export async function findAlias(db: Db, alias: string): Promise<string | undefined> {
  return (await db.select({ adapter: aliases.adapter }).from(aliases).where(eq(aliases.alias, alias)).get())?.adapter;
}

/** Content hashes do not sort by time: the cursor is the last row's time of creation and id. */
export async function listAdapterRows(db: Db, page: PageQuery): Promise<AdapterWithAliases[]> {
  const [at, id] = page.cursor?.split('.') ?? [];
  const after =
    at === undefined || id === undefined
      ? undefined
      : sql`(${adapters.createdAt}, ${adapters.id}) < (${Number(at) || 0}, ${id})`;
  const rows = await db
    .select()
    .from(adapters)
    .where(after)
    .orderBy(desc(adapters.createdAt), desc(adapters.id))
    .limit(page.limit + 1);
  const ids = JSON.stringify(rows.map((row) => row.id));
  const names = await db
    .select()
    .from(aliases)
    .where(sql`${aliases.adapter} IN (SELECT value FROM json_each(${ids}))`)
    .orderBy(aliases.alias);
  return rows.map((row) => ({
    ...row,
    aliases: names.filter(({ adapter }) => adapter === row.id).map(({ alias }) => alias),
  }));
}

/**
 * Points an alias at an adapter, in one statement: readers see the old one or the new one.
 * @returns false where there is no such adapter
 */
export async function setAliasRow(db: Db, alias: string, adapter: string, nowMs: number): Promise<boolean> {
  const rows = await db.all<{ alias: string }>(sql`
    INSERT INTO aliases (alias, adapter, updated_at)
    SELECT ${alias}, id, ${nowMs} FROM adapters WHERE id = ${adapter}
    ON CONFLICT (alias) DO UPDATE SET adapter = excluded.adapter, updated_at = excluded.updated_at
    RETURNING alias`);
  return rows.length > 0;
}

/** @returns whether there was one */
export async function deleteAliasRow(db: Db, alias: string): Promise<boolean> {
  return (await db.delete(aliases).where(eq(aliases.alias, alias)).returning({ alias: aliases.alias })).length > 0;
}

/** @returns the id of a job at work that needs this adapter */
export async function findJobWithAdapter(db: Db, id: string): Promise<string | undefined> {
  const [tuning, evaluation] = await db.batch([
    db
      .select({ id: tunings.id })
      .from(tunings)
      .where(and(eq(tunings.initAdapter, id), inArray(tunings.state, ['queued', 'dispatched', 'running'])))
      .limit(1),
    db
      .select({ id: evaluations.id })
      .from(evaluations)
      .where(and(eq(evaluations.adapter, id), inArray(evaluations.state, ['queued', 'dispatched', 'running'])))
      .limit(1),
  ]);
  return tuning[0]?.id ?? evaluation[0]?.id;
}

/** @returns false when an alias points at it, or it is not there */
export async function deleteAdapterRow(db: Db, id: string): Promise<boolean> {
  const rows = await db
    .delete(adapters)
    .where(
      and(
        eq(adapters.id, id),
        notExists(db.select({ alias: aliases.alias }).from(aliases).where(eq(aliases.adapter, id))),
      ),
    )
    .returning({ id: adapters.id });
  return rows.length > 0;
}

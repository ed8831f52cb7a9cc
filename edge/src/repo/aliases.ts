// Aliases in D1: where each points, and where it pointed before.
import { newId } from '@tallrec/shared/ids';
import type { PageQuery } from '@tallrec/shared/wire/page';
import { and, asc, desc, eq, gt, sql } from 'drizzle-orm';
import type { Ctx } from '../deps.ts';
import { auditIfChanged } from './audit.ts';
import type { Db } from './db.ts';
import { aliases, aliasMoves } from './schema.ts';

export type AliasRow = typeof aliases.$inferSelect;
export type AliasMoveRow = typeof aliasMoves.$inferSelect;

const own = (workspace: string, alias: string) => and(eq(aliases.workspace, workspace), eq(aliases.alias, alias));

/** By their names. */
export async function listAliasRows(db: Db, workspace: string, page: PageQuery): Promise<AliasRow[]> {
  return await db
    .select()
    .from(aliases)
    .where(
      and(eq(aliases.workspace, workspace), page.cursor === undefined ? undefined : gt(aliases.alias, page.cursor)),
    )
    .orderBy(asc(aliases.alias))
    .limit(page.limit + 1);
}

/** @returns where it points, and its last moves, the newest first */
export async function findAliasHistory(
  db: Db,
  workspace: string,
  alias: string,
  limit: number,
): Promise<{ row: AliasRow; moves: AliasMoveRow[] } | undefined> {
  const [rows, moves] = await db.batch([
    db.select().from(aliases).where(own(workspace, alias)),
    db
      .select()
      .from(aliasMoves)
      .where(and(eq(aliasMoves.workspace, workspace), eq(aliasMoves.alias, alias)))
      // Several may fall into one millisecond; rows keep the order in which they were written.
      .orderBy(desc(aliasMoves.at), sql`rowid DESC`)
      .limit(limit),
  ]);
  return rows[0] && { row: rows[0], moves };
}

/** Right behind the audit entry, which is written only if something moved. */
function moveIfChanged(db: Db, { workspace, actor }: Ctx, alias: string, adapter: string | null, nowMs: number) {
  return db.insert(aliasMoves).select(sql`
    SELECT ${newId('audit', nowMs)}, ${workspace}, ${alias}, ${adapter}, ${nowMs}, ${actor} WHERE changes() > 0`);
}

/**
 * Points an alias at an adapter, in one statement: readers see the old one or the new one. Where it points there already, nothing
 * changes.
 * @returns where it points now
 */
export async function setAliasRow(
  db: Db,
  ctx: Ctx,
  alias: string,
  adapter: string,
  nowMs: number,
): Promise<string | undefined> {
  const [, , , rows] = await db.batch([
    db
      .insert(aliases)
      .select(sql`
        SELECT workspace, ${alias}, id, ${nowMs} FROM adapters
        WHERE workspace = ${ctx.workspace} AND id = ${adapter} AND state = 'ready'`)
      .onConflictDoUpdate({
        target: [aliases.workspace, aliases.alias],
        set: { adapter: sql`excluded.adapter`, updatedAt: nowMs },
        setWhere: sql`aliases.adapter <> excluded.adapter`,
      }),
    auditIfChanged(db, { ctx, action: 'alias.move', subject: alias, details: { adapter }, nowMs }),
    moveIfChanged(db, ctx, alias, adapter, nowMs),
    db.select().from(aliases).where(own(ctx.workspace, alias)),
  ]);
  return rows[0]?.adapter;
}

/** @returns whether there was one */
export async function deleteAliasRow(db: Db, ctx: Ctx, alias: string, nowMs: number): Promise<boolean> {
  const [deleted] = await db.batch([
    db.delete(aliases).where(own(ctx.workspace, alias)).returning({ alias: aliases.alias }),
    auditIfChanged(db, { ctx, action: 'alias.delete', subject: alias, nowMs }),
    moveIfChanged(db, ctx, alias, null, nowMs),
  ]);
  return deleted.length > 0;
}

// Adapters in D1, and the aliases that point at them: where each points, and where it pointed before. Those that are being deleted are
// found by nobody.
import { newId } from '@tallrec/shared/ids';
import type { GoldenScores } from '@tallrec/shared/wire/adapters';
import type { PageQuery } from '@tallrec/shared/wire/page';
import { and, asc, desc, eq, gt, inArray, isNull, notExists, sql } from 'drizzle-orm';
import type { Ctx } from '../deps.ts';
import { type AuditInput, auditIfChanged } from './audit.ts';
import { jobsUsing } from './datasets.ts';
import type { Db } from './db.ts';
import { adapters, aliases, aliasMoves } from './schema.ts';

export type AdapterRow = typeof adapters.$inferSelect;
export type AdapterWithAliases = AdapterRow & { aliases: string[] };

const CONTENT_HASH = /^[0-9a-f]{64}$/;
const SOME = 20;

const own = (workspace: string, id: string) => and(eq(adapters.workspace, workspace), eq(adapters.id, id));

function aliasesOf(db: Db, workspace: string, id: string) {
  return db
    .select({ alias: aliases.alias })
    .from(aliases)
    .where(and(eq(aliases.workspace, workspace), eq(aliases.adapter, id)))
    .orderBy(aliases.alias);
}

/** One statement, alone or in a batch: at most one row. @param ref a content hash or an alias */
export function adapterByRef(db: Db, workspace: string, ref: string) {
  const named = db
    .select({ id: aliases.adapter })
    .from(aliases)
    .where(and(eq(aliases.workspace, workspace), eq(aliases.alias, ref)));
  return db
    .select()
    .from(adapters)
    .where(
      and(
        eq(adapters.workspace, workspace),
        eq(adapters.state, 'ready'),
        CONTENT_HASH.test(ref) ? eq(adapters.id, ref) : inArray(adapters.id, named),
      ),
    );
}

export async function findAdapter(db: Db, workspace: string, ref: string): Promise<AdapterRow | undefined> {
  return (await adapterByRef(db, workspace, ref))[0];
}

/** One content is one row in a workspace: what is there already stays. @returns the row as it is now, being deleted or not */
export async function insertAdapter(db: Db, row: AdapterRow, audit: AuditInput): Promise<AdapterRow> {
  const [, , rows] = await db.batch([
    db.insert(adapters).values(row).onConflictDoNothing(),
    auditIfChanged(db, audit),
    db.select().from(adapters).where(own(row.workspace, row.id)),
  ]);
  return rows[0]!;
}

/** What a node has found out about it; where something is known already, that stays. */
export async function setAdapterTried(
  db: Db,
  { workspace, id }: Pick<AdapterRow, 'workspace' | 'id'>,
  { golden, modelHash, warnings }: { golden: GoldenScores; modelHash: string; warnings: string[] },
): Promise<void> {
  await db
    .update(adapters)
    .set({ golden, warnings, modelHash: sql`coalesce(${adapters.modelHash}, ${modelHash})` })
    .where(and(own(workspace, id), isNull(adapters.golden)));
}

/** What an adapter was made with, as whoever imports it tells. */
export type Told = Partial<Pick<AdapterRow, 'template' | 'modelHash' | 'stage' | 'blend'>>;

/** Takes what is told of an adapter in place of what was unknown or assumed. */
export async function tellAdapter(db: Db, workspace: string, id: string, told: Told, audit: AuditInput): Promise<void> {
  const known = told.template ? { ...told, templateAssumed: false } : told;
  await db.batch([
    db
      .update(adapters)
      .set(known)
      .where(and(own(workspace, id), eq(adapters.state, 'ready'))),
    auditIfChanged(db, audit),
  ]);
}

/** Content hashes do not sort by time: the cursor is the last row's time of creation and id. */
export async function listAdapterRows(db: Db, workspace: string, page: PageQuery): Promise<AdapterRow[]> {
  const [at, id] = page.cursor?.split('.') ?? [];
  const after =
    at === undefined || id === undefined
      ? undefined
      : sql`(${adapters.createdAt}, ${adapters.id}) < (${Number(at) || 0}, ${id})`;
  return await db
    .select()
    .from(adapters)
    .where(and(eq(adapters.workspace, workspace), eq(adapters.state, 'ready'), after))
    .orderBy(desc(adapters.createdAt), desc(adapters.id))
    .limit(page.limit + 1);
}

export async function withAliases(db: Db, workspace: string, rows: AdapterRow[]): Promise<AdapterWithAliases[]> {
  const ids = JSON.stringify(rows.map((row) => row.id));
  const names = await db
    .select()
    .from(aliases)
    .where(and(eq(aliases.workspace, workspace), sql`${aliases.adapter} IN (SELECT value FROM json_each(${ids}))`))
    .orderBy(aliases.alias);
  return rows.map((row) => ({
    ...row,
    aliases: names.filter(({ adapter }) => adapter === row.id).map(({ alias }) => alias),
  }));
}

/**
 * Marks it for deletion unless an alias points at it or an unfinished job uses it.
 * @returns the row as it is now, and what keeps it
 */
export async function setAdapterDeleting(
  db: Db,
  ctx: Ctx,
  id: string,
  nowMs: number,
): Promise<{ row: AdapterRow | undefined; aliases: string[]; jobs: string[] }> {
  const { workspace } = ctx;
  const [, , rows, names, jobs] = await db.batch([
    db
      .update(adapters)
      .set({ state: 'deleting' })
      .where(
        and(
          own(workspace, id),
          eq(adapters.state, 'ready'),
          notExists(aliasesOf(db, workspace, id)),
          notExists(jobsUsing(db, workspace, id)),
        ),
      ),
    auditIfChanged(db, { ctx, action: 'adapter.delete', subject: id, nowMs }),
    db.select().from(adapters).where(own(workspace, id)),
    aliasesOf(db, workspace, id).limit(SOME),
    jobsUsing(db, workspace, id),
  ]);
  return { row: rows[0], aliases: names.map(({ alias }) => alias), jobs: jobs.map((job) => job.id) };
}

export async function deleteAdapterRow(db: Db, workspace: string, id: string): Promise<void> {
  await db.delete(adapters).where(and(own(workspace, id), eq(adapters.state, 'deleting')));
}

/** Of all workspaces, in no order: one that cannot be helped does not keep the others from it. */
export async function listDeletingAdapters(db: Db, limit: number): Promise<AdapterRow[]> {
  return await db.select().from(adapters).where(eq(adapters.state, 'deleting')).orderBy(sql`random()`).limit(limit);
}

export type AliasRow = typeof aliases.$inferSelect;
export type AliasMoveRow = typeof aliasMoves.$inferSelect;

const ownAlias = (workspace: string, alias: string) => and(eq(aliases.workspace, workspace), eq(aliases.alias, alias));

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
    db.select().from(aliases).where(ownAlias(workspace, alias)),
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
    db.select().from(aliases).where(ownAlias(ctx.workspace, alias)),
  ]);
  return rows[0]?.adapter;
}

/** @returns whether there was one */
export async function deleteAliasRow(db: Db, ctx: Ctx, alias: string, nowMs: number): Promise<boolean> {
  const [deleted] = await db.batch([
    db.delete(aliases).where(ownAlias(ctx.workspace, alias)).returning({ alias: aliases.alias }),
    auditIfChanged(db, { ctx, action: 'alias.delete', subject: alias, nowMs }),
    moveIfChanged(db, ctx, alias, null, nowMs),
  ]);
  return deleted.length > 0;
}

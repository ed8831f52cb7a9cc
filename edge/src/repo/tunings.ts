// Tunings and their events in D1.
import type { PageQuery } from '@tallrec/shared/wire/page';
import { and, asc, desc, eq, gt, sql } from 'drizzle-orm';
import type { Db } from './db.ts';
import { afterCursor } from './page.ts';
import { tuningEvents, tunings } from './schema.ts';

export type TuningRow = typeof tunings.$inferSelect;
export type TuningEventRow = typeof tuningEvents.$inferSelect;

/** @returns the row of that id: the new one with its first event, or the one that was there already */
export async function insertTuning(db: Db, row: TuningRow): Promise<TuningRow> {
  const [, , rows] = await db.batch([
    db.insert(tunings).values(row).onConflictDoNothing(),
    db
      .insert(tuningEvents)
      .values({ tuning: row.id, seq: 1, at: row.createdAt, event: { type: 'state', state: 'queued', error: null } })
      .onConflictDoNothing(),
    db.select().from(tunings).where(eq(tunings.id, row.id)),
  ]);
  return rows[0]!;
}

export async function findTuning(db: Db, id: string): Promise<TuningRow | undefined> {
  return await db.select().from(tunings).where(eq(tunings.id, id)).get();
}

export async function listTuningRows(db: Db, page: PageQuery): Promise<TuningRow[]> {
  return await db
    .select()
    .from(tunings)
    .where(afterCursor(tunings.id, page))
    .orderBy(desc(tunings.id))
    .limit(page.limit + 1);
}

/** Events after `afterSeq`, oldest first, and the tuning's state when they were read. */
export async function readTuningEvents(
  db: Db,
  tuning: string,
  afterSeq: number,
  limit: number,
): Promise<{ state: TuningRow['state'] | undefined; events: TuningEventRow[] }> {
  const [events, rows] = await db.batch([
    db
      .select()
      .from(tuningEvents)
      .where(and(eq(tuningEvents.tuning, tuning), gt(tuningEvents.seq, afterSeq)))
      .orderBy(asc(tuningEvents.seq))
      .limit(limit),
    db.select({ state: tunings.state }).from(tunings).where(eq(tunings.id, tuning)),
  ]);
  return { state: rows[0]?.state, events };
}

/** The curve of one kind of event; a step that was run again after a restart counts as it was last. */
export async function readCurve(
  db: Db,
  tuning: string,
  type: 'step' | 'evaluated',
): Promise<TuningEventRow['event'][]> {
  const kind = sql`json_extract(${tuningEvents.event}, '$.type')`;
  const step = sql`json_extract(${tuningEvents.event}, '$.step')`;
  const rows = await db
    .select({ event: tuningEvents.event, seq: sql<number>`max(${tuningEvents.seq})` })
    .from(tuningEvents)
    .where(and(eq(tuningEvents.tuning, tuning), eq(kind, type)))
    .groupBy(step)
    .orderBy(step);
  return rows.map(({ event }) => event);
}

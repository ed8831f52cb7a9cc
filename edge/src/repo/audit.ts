// Who did what, in D1: written in the same batch as what was done, and only if something was.
import { newId } from '@tallrec/shared/ids';
import type { AuditQuery } from '@tallrec/shared/wire/audit';
import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Ctx } from '../deps.ts';
import { afterCursor, type Db } from './db.ts';
import { auditEntries } from './schema.ts';

export type AuditRow = typeof auditEntries.$inferSelect;

export interface AuditInput {
  ctx: Ctx;
  action: string;
  subject: string;
  details?: Record<string, unknown>;
  nowMs: number;
}

/** A statement for a batch, right behind the one that changes something: it writes nothing where that one changed no row. */
export function auditIfChanged(db: Db, { ctx, action, subject, details = {}, nowMs }: AuditInput) {
  return db.insert(auditEntries).select(sql`
    SELECT ${newId('audit', nowMs)}, ${ctx.workspace}, ${nowMs}, ${ctx.actor}, ${action}, ${subject}, ${JSON.stringify(details)}
    WHERE changes() > 0`);
}

export async function listAuditRows(db: Db, workspace: string, query: AuditQuery): Promise<AuditRow[]> {
  const { subject, actor } = query;
  return await db
    .select()
    .from(auditEntries)
    .where(
      and(
        eq(auditEntries.workspace, workspace),
        subject === undefined ? undefined : eq(auditEntries.subject, subject),
        actor === undefined ? undefined : eq(auditEntries.actor, actor),
        afterCursor(auditEntries.id, query),
      ),
    )
    .orderBy(desc(auditEntries.id))
    .limit(query.limit + 1);
}

/** The oldest of them, up to `limit`: what is left goes with the next sweep. */
export async function deleteAuditBefore(db: Db, beforeMs: number, limit = 1000): Promise<void> {
  const old = db
    .select({ id: auditEntries.id })
    .from(auditEntries)
    .where(lt(auditEntries.at, beforeMs))
    .orderBy(auditEntries.at)
    .limit(limit);
  await db.delete(auditEntries).where(sql`${auditEntries.id} in ${old}`);
}

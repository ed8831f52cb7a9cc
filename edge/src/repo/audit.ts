// Who did what, in D1: written in the same batch as what was done, and only if something was.
import { newId } from '@tallrec/shared/ids';
import { sql } from 'drizzle-orm';
import type { Ctx } from '../deps.ts';
import type { Db } from './db.ts';
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

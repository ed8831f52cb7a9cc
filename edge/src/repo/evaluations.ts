// Evaluations in D1.
import type { PageQuery } from '@tallrec/shared/wire/page';
import { desc, eq } from 'drizzle-orm';
import type { Db } from './db.ts';
import { afterCursor } from './page.ts';
import { evaluations } from './schema.ts';

export type EvaluationRow = typeof evaluations.$inferSelect;

/** @returns the row of that id: the new one, or the one that was there already */
export async function insertEvaluation(db: Db, row: EvaluationRow): Promise<EvaluationRow> {
  const [, rows] = await db.batch([
    db.insert(evaluations).values(row).onConflictDoNothing(),
    db.select().from(evaluations).where(eq(evaluations.id, row.id)),
  ]);
  return rows[0]!;
}

export async function findEvaluation(db: Db, id: string): Promise<EvaluationRow | undefined> {
  return await db.select().from(evaluations).where(eq(evaluations.id, id)).get();
}

export async function listEvaluationRows(db: Db, page: PageQuery): Promise<EvaluationRow[]> {
  return await db
    .select()
    .from(evaluations)
    .where(afterCursor(evaluations.id, page))
    .orderBy(desc(evaluations.id))
    .limit(page.limit + 1);
}

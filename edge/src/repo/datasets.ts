// Datasets in D1; every change of state names the state that it starts from.
import type { DatasetState } from '@tallrec/shared/wire/datasets';
import type { PageQuery } from '@tallrec/shared/wire/page';
import { and, desc, eq, inArray, lt, notInArray, or } from 'drizzle-orm';
import type { Db } from './db.ts';
import { afterCursor } from './page.ts';
import { datasets, evaluations, tunings } from './schema.ts';

export type DatasetRow = typeof datasets.$inferSelect;

/** @returns the row of that id: the new one, or the one that was there already */
export async function insertDataset(db: Db, row: DatasetRow): Promise<DatasetRow> {
  const [, rows] = await db.batch([
    db.insert(datasets).values(row).onConflictDoNothing(),
    db.select().from(datasets).where(eq(datasets.id, row.id)),
  ]);
  return rows[0]!;
}

export async function findDataset(db: Db, id: string): Promise<DatasetRow | undefined> {
  return await db.select().from(datasets).where(eq(datasets.id, id)).get();
}

export async function findDatasetState(db: Db, id: string): Promise<DatasetState | undefined> {
  const row = await db.select({ state: datasets.state }).from(datasets).where(eq(datasets.id, id)).get();
  return row?.state;
}

export async function listDatasetRows(db: Db, page: PageQuery): Promise<DatasetRow[]> {
  return await db
    .select()
    .from(datasets)
    .where(afterCursor(datasets.id, page))
    .orderBy(desc(datasets.id))
    .limit(page.limit + 1);
}

/** @returns whether it was in one of the states `from` */
export async function updateDataset(
  db: Db,
  id: string,
  from: DatasetState[],
  change: Partial<Omit<DatasetRow, 'id' | 'createdAt'>> & { updatedAt: number },
): Promise<boolean> {
  const changed = await db
    .update(datasets)
    .set(change)
    .where(and(eq(datasets.id, id), inArray(datasets.state, from)))
    .returning({ id: datasets.id });
  return changed.length > 0;
}

/** Datasets that await a validation which last spoke before then. */
export async function listStaleValidations(db: Db, beforeMs: number, limit: number): Promise<DatasetRow[]> {
  return await db
    .select()
    .from(datasets)
    .where(and(inArray(datasets.state, ['uploaded', 'validating']), lt(datasets.updatedAt, beforeMs)))
    .limit(limit);
}

/** Datasets whose upload was never completed. */
export async function listAbandonedUploads(db: Db, beforeMs: number, limit: number): Promise<DatasetRow[]> {
  return await db
    .select()
    .from(datasets)
    .where(and(eq(datasets.state, 'created'), lt(datasets.updatedAt, beforeMs)))
    .limit(limit);
}

const ENDED = ['succeeded', 'failed', 'cancelled'] as const;

/** @returns the id of a job at work that reads this dataset */
export async function findJobUsing(db: Db, dataset: string): Promise<string | undefined> {
  const [tuning, evaluation] = await db.batch([
    db
      .select({ id: tunings.id })
      .from(tunings)
      .where(
        and(notInArray(tunings.state, [...ENDED]), or(eq(tunings.dataset, dataset), eq(tunings.validDataset, dataset))),
      )
      .limit(1),
    db
      .select({ id: evaluations.id })
      .from(evaluations)
      .where(
        and(
          notInArray(evaluations.state, [...ENDED]),
          or(
            eq(evaluations.dataset, dataset),
            eq(evaluations.trainDataset, dataset),
            eq(evaluations.validDataset, dataset),
            eq(evaluations.instructionsDataset, dataset),
          ),
        ),
      )
      .limit(1),
  ]);
  return tuning[0]?.id ?? evaluation[0]?.id;
}

export async function deleteDatasetRow(db: Db, id: string): Promise<void> {
  await db.delete(datasets).where(eq(datasets.id, id));
}

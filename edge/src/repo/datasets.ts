// Datasets in D1, and which jobs keep them; every change of state names the state that it starts from.
import type { DatasetState, DatasetsQuery } from '@tallrec/shared/wire/datasets';
import { ENDED_STATES } from '@tallrec/shared/wire/jobs';
import { and, asc, desc, eq, inArray, lt, ne, notExists, notInArray, sql } from 'drizzle-orm';
import { type AuditInput, auditIfChanged } from './audit.ts';
import { afterCursor, type Db } from './db.ts';
import { datasets, jobInputs, jobs } from './schema.ts';
import { insertUpload, type UploadRow } from './uploads.ts';

export type DatasetRow = typeof datasets.$inferSelect;

const own = (workspace: string, id: string) => and(eq(datasets.workspace, workspace), eq(datasets.id, id));

/** @returns the row of that id: the new one, or the one that was there already */
export async function insertDataset(
  db: Db,
  row: DatasetRow,
  upload: UploadRow,
  audit: AuditInput,
): Promise<DatasetRow | undefined> {
  const [, , , rows] = await db.batch([
    db.insert(datasets).values(row).onConflictDoNothing(),
    auditIfChanged(db, audit),
    insertUpload(db, upload),
    db.select().from(datasets).where(own(row.workspace, row.id)),
  ]);
  return rows[0];
}

export async function findDataset(db: Db, workspace: string, id: string): Promise<DatasetRow | undefined> {
  return await db.select().from(datasets).where(own(workspace, id)).get();
}

/** For the Workflow that validates it, whosever it is. */
export async function findDatasetToValidate(db: Db, id: string): Promise<DatasetRow | undefined> {
  return await db.select().from(datasets).where(eq(datasets.id, id)).get();
}

export async function listDatasetRows(db: Db, workspace: string, query: DatasetsQuery): Promise<DatasetRow[]> {
  const { kind, state } = query;
  return await db
    .select()
    .from(datasets)
    .where(
      and(
        eq(datasets.workspace, workspace),
        kind === undefined ? undefined : eq(datasets.kind, kind),
        state === undefined ? undefined : eq(datasets.state, state),
        afterCursor(datasets.id, query),
      ),
    )
    .orderBy(desc(datasets.id))
    .limit(query.limit + 1);
}

export interface DatasetMove {
  workspace: string;
  from: DatasetState[];
  /** Only while this Workflow instance is the one that validates it. */
  instance?: string | null;
  change: Partial<
    Pick<
      DatasetRow,
      'state' | 'badRows' | 'instance' | 'rowsUploadId' | 'stats' | 'facts' | 'warnings' | 'errorCount' | 'rowErrors'
    >
  >;
  nowMs: number;
  audit?: AuditInput;
}

/** @returns whether it was as the move has it */
export async function moveDataset(
  db: Db,
  id: string,
  { workspace, from, instance, change, nowMs, audit }: DatasetMove,
): Promise<boolean> {
  const update = db
    .update(datasets)
    .set({ ...change, updatedAt: nowMs })
    .where(
      and(own(workspace, id), inArray(datasets.state, from), instance ? eq(datasets.instance, instance) : undefined),
    )
    .returning({ id: datasets.id });
  if (!audit) return (await update).length > 0;
  const [changed] = await db.batch([update, auditIfChanged(db, audit)]);
  return changed.length > 0;
}

/**
 * Marks it for deletion unless an unfinished job reads it.
 * @returns the row as it is now, and those jobs
 */
export async function setDatasetDeleting(
  db: Db,
  { workspace, id, from, audit }: { workspace: string; id: string; from?: DatasetState; audit: AuditInput },
): Promise<{ row: DatasetRow | undefined; jobs: string[] }> {
  const [, , rows, jobs] = await db.batch([
    db
      .update(datasets)
      .set({ state: 'deleting', updatedAt: audit.nowMs })
      .where(
        and(
          own(workspace, id),
          from ? eq(datasets.state, from) : ne(datasets.state, 'deleting'),
          notExists(jobsUsing(db, workspace, id)),
        ),
      ),
    auditIfChanged(db, audit),
    db.select().from(datasets).where(own(workspace, id)),
    jobsUsing(db, workspace, id),
  ]);
  return { row: rows[0], jobs: jobs.map((job) => job.id) };
}

export async function deleteDatasetRow(db: Db, workspace: string, id: string): Promise<void> {
  await db.delete(datasets).where(and(own(workspace, id), eq(datasets.state, 'deleting')));
}

/** Datasets of all workspaces in one of these states that were last touched before then, the oldest first. */
export async function listIdleDatasets(
  db: Db,
  states: DatasetState[],
  beforeMs: number,
  limit: number,
): Promise<DatasetRow[]> {
  return await db
    .select()
    .from(datasets)
    .where(and(inArray(datasets.state, states), lt(datasets.updatedAt, beforeMs)))
    .orderBy(asc(datasets.updatedAt))
    .limit(limit);
}

const SHOWN = 20;

/**
 * Which unfinished jobs read a dataset or an adapter: for a batch or a `notExists`. A piece of a batch counts as its batch. Content
 * hashes are the same in all workspaces.
 */
export function jobsUsing(db: Db, workspace: string, input: string) {
  return db
    .selectDistinct({ id: sql<string>`coalesce(${jobs.parent}, ${jobs.id})` })
    .from(jobInputs)
    .innerJoin(jobs, eq(jobs.id, jobInputs.job))
    .where(and(eq(jobInputs.input, input), eq(jobs.workspace, workspace), notInArray(jobs.state, [...ENDED_STATES])))
    .limit(SHOWN);
}

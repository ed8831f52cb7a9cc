// The pieces of batches in D1, jobs of their own below their batch.
import { ENDED_STATES } from '@tallrec/shared/wire/jobs';
import { and, asc, eq, inArray, notInArray, sql } from 'drizzle-orm';
import type { Db } from './db.ts';
import type { ChunkSpec, JobProgressRecord } from './job-record.ts';
import { AT_WORK, type JobRow } from './jobs.ts';
import { jobs } from './schema.ts';

/** Adds pieces that are not there yet. */
export async function insertChunks(db: Db, parent: JobRow, specs: ChunkSpec[], nowMs: number): Promise<void> {
  const rows = specs.map((spec) => ({ id: chunkId(parent.id, spec.index), spec }));
  await db.run(sql`
    INSERT INTO jobs (id, workspace, kind, parent, name, state, priority, model, spec, created_by, created_at, updated_at)
    SELECT part.value ->> '$.id', ${parent.workspace}, 'chunk', ${parent.id}, ${parent.name}, 'queued', ${parent.priority},
      ${parent.model}, part.value -> '$.spec', ${parent.createdBy}, ${parent.createdAt}, ${nowMs}
    FROM json_each(${JSON.stringify(rows)}) AS part WHERE true
    ON CONFLICT DO NOTHING`);
}

export function chunkId(parent: string, index: number): string {
  return `${parent}-${String(index).padStart(6, '0')}`;
}

export interface ChunkCounts {
  total: number;
  succeeded: number;
  atWork: number;
  queued: number;
  rowsTotal: number;
  rowsDone: number;
  tokens: number;
  /** The first that failed. */
  failed: string | null;
  /** Of the first chunk that has not succeeded; null where all have. */
  firstMissing: number | null;
}

export async function countChunks(db: Db, parent: string): Promise<ChunkCounts> {
  const [row] = await db.all<ChunkCounts>(sql`
    SELECT count(*) AS total,
      coalesce(sum(state = 'succeeded'), 0) AS succeeded,
      coalesce(sum(state IN ('dispatched', 'running', 'publishing')), 0) AS atWork,
      coalesce(sum(state = 'queued'), 0) AS queued,
      coalesce(sum(spec ->> '$.rows'), 0) AS rowsTotal,
      coalesce(sum(CASE WHEN state = 'succeeded' THEN spec ->> '$.rows' ELSE coalesce(progress ->> '$.done', 0) END), 0) AS rowsDone,
      coalesce(sum(result ->> '$.tokens'), 0) AS tokens,
      min(CASE WHEN state = 'failed' THEN id END) AS failed,
      min(CASE WHEN state <> 'succeeded' THEN spec ->> '$.index' END) AS firstMissing
    FROM jobs WHERE parent = ${parent}`);
  return row!;
}

/** Pieces in the order of the dataset, from this one on. */
export async function listChunks(db: Db, parent: string, fromIndex: number, limit: number): Promise<JobRow[]> {
  return await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.parent, parent), sql`${jobs.id} >= ${chunkId(parent, fromIndex)}`))
    .orderBy(asc(jobs.id))
    .limit(limit);
}

export async function listChunksAtWork(db: Db, parent: string): Promise<JobRow[]> {
  return await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.parent, parent), inArray(jobs.state, AT_WORK)));
}

/** Pieces that wait are given to nobody any more. */
export async function cancelQueuedChunks(db: Db, parent: string, nowMs: number): Promise<void> {
  await db
    .update(jobs)
    .set({ state: 'cancelled', updatedAt: nowMs, endedAt: nowMs })
    .where(and(eq(jobs.parent, parent), eq(jobs.state, 'queued')));
}

export async function requeueChunks(db: Db, parent: string, nowMs: number): Promise<void> {
  await db
    .update(jobs)
    .set({ state: 'queued', error: null, attempts: 0, avoid: null, updatedAt: nowMs, endedAt: null })
    .where(and(eq(jobs.parent, parent), inArray(jobs.state, ['failed', 'cancelled'])));
}

export async function setBatchProgress(db: Db, id: string, progress: JobProgressRecord, nowMs: number): Promise<void> {
  await db
    .update(jobs)
    .set({ progress, updatedAt: nowMs })
    .where(and(eq(jobs.id, id), notInArray(jobs.state, [...ENDED_STATES])));
}

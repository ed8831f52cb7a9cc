// Jobs of every kind in D1. Every move names the states it may start from and the fence; whoever comes late changes nothing.
import {
  ENDED_STATES,
  isTerminal,
  JOB_STATES,
  JOB_TRANSITIONS,
  type JobError,
  type JobKind,
  type JobState,
  type StateFilter,
} from '@tallrec/shared/wire/jobs';
import type { PageQuery } from '@tallrec/shared/wire/page';
import { and, asc, desc, eq, inArray, isNull, lt, ne, notInArray, or, type SQL, sql } from 'drizzle-orm';
import { type AuditInput, auditIfChanged } from './audit.ts';
import { afterCursor, type Db } from './db.ts';
import type { JobCheckpointRecord, JobProgressRecord } from './job-record.ts';
import { jobInputs, jobs, uploadParts, uploads } from './schema.ts';

export type JobRow = typeof jobs.$inferSelect;

export const AT_WORK = ['dispatched', 'running'] as const satisfies JobState[];

/** Whether a node has it. */
export const isAtWork = ({ state }: Pick<JobRow, 'state'>): boolean => (AT_WORK as readonly JobState[]).includes(state);

/** States in which what a node told of its run may still be written down: the last of it comes with the outcome. */
const TOLD = [...AT_WORK, 'publishing', 'succeeded', 'failed'] as const satisfies JobState[];

function statesBefore(to: JobState): JobState[] {
  return JOB_STATES.filter((from) => JOB_TRANSITIONS[from].includes(to));
}

export type NewJob = Pick<
  JobRow,
  'id' | 'workspace' | 'kind' | 'name' | 'priority' | 'model' | 'spec' | 'createdBy'
> & {
  nowMs: number;
};

/** @returns the row of that id: the new one, or the one that was there already */
export async function insertJob(db: Db, job: NewJob, inputs: string[], audit: AuditInput): Promise<JobRow> {
  const { nowMs, ...fields } = job;
  const results = await db.batch([
    db
      .insert(jobs)
      .values({ ...fields, state: 'queued', createdAt: nowMs, updatedAt: nowMs })
      .onConflictDoNothing(),
    auditIfChanged(db, audit),
    ...inputs.map((input) => db.insert(jobInputs).values({ job: job.id, input }).onConflictDoNothing()),
    db.select().from(jobs).where(eq(jobs.id, job.id)),
  ]);
  return (results.at(-1) as JobRow[])[0]!;
}

/** What the API shows of one workspace; pieces of a batch are of no kind that it asks for. */
export async function findJobOf(db: Db, workspace: string, kind: JobKind, id: string): Promise<JobRow | undefined> {
  return await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.workspace, workspace), eq(jobs.kind, kind), eq(jobs.id, id), ne(jobs.state, 'deleting')))
    .get();
}

/** For those who drive jobs, whosever they are. */
export async function findJob(db: Db, id: string): Promise<JobRow | undefined> {
  return await db.select().from(jobs).where(eq(jobs.id, id)).get();
}

export interface JobFilter {
  state?: StateFilter | undefined;
  /** What a job is about, and not all else that it reads. */
  dataset?: string | undefined;
  adapter?: string | undefined;
}

export async function listJobsOf(
  db: Db,
  workspace: string,
  kind: JobKind,
  { state, dataset, adapter, ...page }: PageQuery & JobFilter,
): Promise<JobRow[]> {
  const inState = (wanted: StateFilter) =>
    wanted === 'unfinished' ? notInArray(jobs.state, [...ENDED_STATES]) : eq(jobs.state, wanted);
  // The index of inputs finds them; the spec says what the input is for.
  const about = (input: string | undefined, field: 'dataset' | 'adapter') =>
    input === undefined
      ? undefined
      : and(
          inArray(jobs.id, db.select({ job: jobInputs.job }).from(jobInputs).where(eq(jobInputs.input, input))),
          sql`json_extract(${jobs.spec}, ${`$.${field}`}) = ${input}`,
        );
  return await db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.workspace, workspace),
        eq(jobs.kind, kind),
        ne(jobs.state, 'deleting'),
        afterCursor(jobs.id, page),
        state && inState(state),
        about(dataset, 'dataset'),
        about(adapter, 'adapter'),
      ),
    )
    .orderBy(desc(jobs.id))
    .limit(page.limit + 1);
}

type Change = Partial<
  Pick<
    JobRow,
    | 'node'
    | 'instance'
    | 'outcome'
    | 'result'
    | 'avoid'
    | 'stopping'
    | 'attempts'
    | 'checkpoint'
    | 'checkpointNode'
    | 'dispatchedAt'
    | 'resends'
    | 'furthest'
    | 'progress'
  >
>;

export interface Move {
  to: JobState;
  /** Fewer states than JOB_TRANSITIONS allows it to start from. */
  from?: readonly JobState[];
  nowMs: number;
  /** Only while this fence holds. */
  fence?: number;
  error?: JobError | null;
  change?: Change;
  /** A new run: the fence grows. */
  bumpFence?: true;
  bumpAttempts?: 1 | -1;
  audit?: AuditInput;
}

/**
 * Moves a job to another state if JOB_TRANSITIONS and the fence allow it.
 * @returns the row after the move, undefined where nothing was moved
 */
export async function moveJob(db: Db, id: string, move: Move): Promise<JobRow | undefined> {
  const { to, from, nowMs, fence, error = null, change = {}, audit } = move;
  const allowed = statesBefore(to).filter((state) => from?.includes(state) ?? true);
  const update = db
    .update(jobs)
    .set({
      ...change,
      state: to,
      error,
      updatedAt: nowMs,
      endedAt: isTerminal(to) ? nowMs : null,
      ...(move.bumpFence ? { fence: sql`${jobs.fence} + 1` } : {}),
      ...(move.bumpAttempts ? { attempts: sql`max(0, ${jobs.attempts} + ${move.bumpAttempts})` } : {}),
    })
    .where(and(eq(jobs.id, id), inArray(jobs.state, allowed), fence === undefined ? undefined : eq(jobs.fence, fence)))
    .returning();
  if (!audit) return (await update)[0];
  const [rows] = await db.batch([update, auditIfChanged(db, audit)]);
  return rows[0];
}

/** Asks it to stop and to keep what it has. @returns the row, undefined where it has ended */
export async function setStopping(db: Db, id: string, nowMs: number, audit: AuditInput): Promise<JobRow | undefined> {
  const [rows] = await db.batch([
    db
      .update(jobs)
      .set({ stopping: true, updatedAt: nowMs })
      .where(and(eq(jobs.id, id), notInArray(jobs.state, [...ENDED_STATES])))
      .returning(),
    auditIfChanged(db, audit),
  ]);
  return rows[0];
}

export async function countResend(db: Db, id: string): Promise<void> {
  await db
    .update(jobs)
    .set({ resends: sql`${jobs.resends} + 1` })
    .where(eq(jobs.id, id));
}

export async function setInstance(db: Db, id: string, instance: string): Promise<void> {
  await db.update(jobs).set({ instance }).where(eq(jobs.id, id));
}

/** Others are preferred for this job until then. */
export async function avoidNode(db: Db, id: string, node: string, untilMs: number): Promise<void> {
  await db
    .update(jobs)
    .set({ avoid: sql`json_patch(coalesce(${jobs.avoid}, '{}'), ${JSON.stringify({ [node]: untilMs })})` })
    .where(eq(jobs.id, id));
}

/**
 * The last that a running job told of itself. Getting further than ever before makes its attempts count anew.
 * @returns false when the fence no longer holds: then nothing is written
 */
export async function setJobProgress(
  db: Db,
  id: string,
  fence: number,
  { progress, reached, nowMs }: { progress: JobProgressRecord; reached: number; nowMs: number },
): Promise<boolean> {
  const rows = await db
    .update(jobs)
    .set({
      progress,
      updatedAt: nowMs,
      attempts: sql`CASE WHEN ${reached} > ${jobs.furthest} THEN 1 ELSE ${jobs.attempts} END`,
      furthest: sql`max(${jobs.furthest}, ${reached})`,
    })
    .where(and(eq(jobs.id, id), eq(jobs.fence, fence), inArray(jobs.state, TOLD)))
    .returning({ id: jobs.id });
  return rows.length > 0;
}

/** @returns false when the fence no longer holds */
export async function setCheckpoint(
  db: Db,
  id: string,
  fence: number,
  checkpoint: JobCheckpointRecord,
): Promise<boolean> {
  const rows = await db
    .update(jobs)
    .set({ checkpoint })
    .where(and(eq(jobs.id, id), eq(jobs.fence, fence), inArray(jobs.state, AT_WORK)))
    .returning({ id: jobs.id });
  return rows.length > 0;
}

export async function setEventsPlace(db: Db, id: string, events: JobRow['events']): Promise<void> {
  await db.update(jobs).set({ events }).where(eq(jobs.id, id));
}

/** Files that a run of a job has sent whole. */
export async function listResultFiles(db: Db, id: string, fence: number) {
  return await db
    .select({ key: uploads.key, bytes: uploads.bytes, sha256: uploads.sha256 })
    .from(uploads)
    .where(and(eq(uploads.subject, id), eq(uploads.fence, fence), eq(uploads.state, 'complete')));
}

// The queue.

/** Jobs that a node has in hand, of all workspaces. */
export async function listJobsAtWork(db: Db): Promise<Pick<JobRow, 'id' | 'node'>[]> {
  return await db.select({ id: jobs.id, node: jobs.node }).from(jobs).where(inArray(jobs.state, AT_WORK));
}

/**
 * What a node could do next, the fairest first: by priority, then of the workspace with the fewest jobs at work, then of the one whose
 * last turn lies longest ago; within it batches and single jobs take turns. Nodes that a job avoids come to it last.
 * @param models that the node holds
 * @param workspace the node's; null for one that serves all
 */
export async function listQueuedJobs(
  db: Db,
  {
    node,
    models,
    workspace,
    nowMs,
    limit,
  }: {
    node: string;
    models: string[];
    workspace: string | null;
    nowMs: number;
    limit: number;
  },
): Promise<JobRow[]> {
  const held = sql`(SELECT value FROM json_each(${JSON.stringify(models)}))`;
  const mine = workspace === null ? sql`1` : sql`j.workspace = ${workspace}`;
  const ids = await db.all<{ id: string }>(sql`
    WITH work AS (SELECT workspace, count(*) AS n FROM jobs WHERE state IN ('dispatched', 'running') GROUP BY workspace),
    queued AS (
      SELECT j.id, j.workspace, j.priority, j.parent, j.created_at FROM jobs j
      WHERE j.state = 'queued' AND j.kind <> 'scoring' AND (j.model IS NULL OR j.model IN ${held}) AND ${mine}
        AND coalesce(json_extract(j.avoid, '$.' || json_quote(${node})), 0) <= ${nowMs}
    ),
    turns AS (SELECT workspace, max(dispatched_at) AS at FROM jobs WHERE workspace IN (SELECT workspace FROM queued) GROUP BY workspace),
    batches AS (SELECT parent, max(dispatched_at) AS at FROM jobs WHERE parent IN (SELECT parent FROM queued) GROUP BY parent)
    SELECT q.id FROM queued q
    LEFT JOIN work ON work.workspace = q.workspace
    LEFT JOIN turns ON turns.workspace = q.workspace
    LEFT JOIN batches ON batches.parent = q.parent
    ORDER BY q.priority DESC, coalesce(work.n, 0), coalesce(turns.at, 0), coalesce(batches.at, q.created_at), q.id
    LIMIT ${limit}`);
  if (ids.length === 0) return [];
  const order = ids.map(({ id }) => id);
  const rows = await db.select().from(jobs).where(inArray(jobs.id, order));
  return rows.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
}

// For the sweep: each in the order in which it was last looked at, so that none hides another.

/** @returns unfinished jobs, marked as looked at */
export async function takeSwept(db: Db, nowMs: number, limit: number): Promise<JobRow[]> {
  const rows = await db
    .select()
    .from(jobs)
    .where(and(notInArray(jobs.state, [...ENDED_STATES]), lt(jobs.sweptAt, nowMs)))
    .orderBy(asc(jobs.sweptAt))
    .limit(limit);
  if (rows.length > 0) {
    const ids = JSON.stringify(rows.map(({ id }) => id));
    await db.update(jobs).set({ sweptAt: nowMs }).where(sql`${jobs.id} IN (SELECT value FROM json_each(${ids}))`);
  }
  return rows;
}

export async function listDeleting(db: Db, limit: number): Promise<JobRow[]> {
  return await db.select().from(jobs).where(eq(jobs.state, 'deleting')).limit(limit);
}

/** Ended jobs whose events lie where `events` says, ended before then. */
export async function listEndedWith(
  db: Db,
  events: JobRow['events'],
  beforeMs: number,
  limit: number,
): Promise<JobRow[]> {
  return await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.events, events), lt(jobs.endedAt, beforeMs), isNull(jobs.parent)))
    .orderBy(asc(jobs.endedAt))
    .limit(limit);
}

/** The job and everything that is of it alone. */
export async function deleteJobRows(db: Db, id: string): Promise<void> {
  const own: SQL = or(eq(jobs.id, id), eq(jobs.parent, id))!;
  const ids = sql`(SELECT id FROM jobs WHERE ${own})`;
  await db.batch([
    db.delete(uploadParts).where(sql`${uploadParts.upload} IN (SELECT id FROM uploads WHERE subject IN ${ids})`),
    db.delete(uploads).where(sql`${uploads.subject} IN ${ids}`),
    db.delete(jobInputs).where(sql`${jobInputs.job} IN ${ids}`),
    db.delete(jobs).where(own),
  ]);
}

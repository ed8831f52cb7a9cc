// What tunings and evaluations have in common in D1: their states. Every move names the states it may start from, and the fence.
import type { TuningEvent } from '@tallrec/shared/tuning';
import type { Evaluation, EvaluationReport } from '@tallrec/shared/wire/evaluations';
import { JOB_STATES, JOB_TRANSITIONS, type JobError, type JobState } from '@tallrec/shared/wire/tunings';
import { and, asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Db } from './db.ts';
import { evaluations, tuningEvents, tunings } from './schema.ts';

export type JobRow = Pick<
  typeof tunings.$inferSelect,
  'id' | 'name' | 'state' | 'model' | 'dataset' | 'node' | 'fence' | 'attempts' | 'instance' | 'error' | 'updatedAt'
>;
export type JobKind = 'tuning' | 'evaluation';

/** In place of a model's name, where a job needs none: any node can do it. */
export const NO_MODEL = '';

const UNFINISHED: JobState[] = ['queued', 'dispatched', 'running'];
const AT_WORK: JobState[] = ['dispatched', 'running'];

/** Ids carry their noun, so a job's id tells its table. */
export function jobKind(id: string): JobKind {
  return id.startsWith('eval_') ? 'evaluation' : 'tuning';
}

/** Either table, seen through the columns that both have. */
function tableOf(kind: JobKind): typeof tunings {
  return kind === 'tuning' ? tunings : (evaluations as unknown as typeof tunings);
}

function statesBefore(to: JobState): JobState[] {
  return JOB_STATES.filter((from) => JOB_TRANSITIONS[from].includes(to));
}

const columns = (kind: JobKind) => {
  const { id, name, state, model, dataset, node, fence, attempts, instance, error, updatedAt } = tableOf(kind);
  return { id, name, state, model, dataset, node, fence, attempts, instance, error, updatedAt };
};

export async function findJob(db: Db, id: string): Promise<JobRow | undefined> {
  const kind = jobKind(id);
  const table = tableOf(kind);
  return await db.select(columns(kind)).from(table).where(eq(table.id, id)).get();
}

async function listJobs(db: Db, where: (table: typeof tunings) => SQL | undefined, limit: number): Promise<JobRow[]> {
  const select = (kind: JobKind) => {
    const table = tableOf(kind);
    return db.select(columns(kind)).from(table).where(where(table)).orderBy(asc(table.updatedAt)).limit(limit);
  };
  const [a, b] = await db.batch([select('tuning'), select('evaluation')]);
  return [...a, ...b].sort((x, y) => x.updatedAt - y.updatedAt).slice(0, limit);
}

export function listUnfinishedJobs(db: Db, limit: number): Promise<JobRow[]> {
  return listJobs(db, (table) => inArray(table.state, UNFINISHED), limit);
}

/** Jobs that wait for a node with one of these models (NO_MODEL: for any), the longest waiting first. */
export function listQueuedJobs(db: Db, models: string[], limit: number): Promise<JobRow[]> {
  const held = sql`(SELECT value FROM json_each(${JSON.stringify(models)}))`;
  return listJobs(db, (table) => and(eq(table.state, 'queued'), sql`${table.model} IN ${held}`), limit);
}

export function listJobsAtWork(db: Db, node?: string): Promise<JobRow[]> {
  return listJobs(db, (table) => and(inArray(table.state, AT_WORK), node ? eq(table.node, node) : undefined), 1000);
}

interface Move {
  to: JobState;
  /** Fewer states than JOB_TRANSITIONS allows it to start from. */
  from?: JobState[];
  nowMs: number;
  /** Only while this fence holds. */
  fence?: number;
  error?: JobError | null;
  change?: Partial<Omit<typeof tunings.$inferInsert, 'id' | 'state'>> & { node?: string | null };
  bump?: { fence?: 1; attempts?: 1 | -1 };
  /** Of an evaluation. */
  report?: EvaluationReport;
}

/**
 * Moves a job to another state if JOB_TRANSITIONS and the fence allow it, and tells a tuning's readers.
 * @returns the row after the move, undefined where nothing was moved
 */
export async function moveJob(db: Db, id: string, move: Move): Promise<{ fence: number } | undefined> {
  const { to, from, nowMs, fence, error = null, change = {}, bump = {}, report } = move;
  const kind = jobKind(id);
  const table = tableOf(kind);
  const allowed = and(
    eq(table.id, id),
    inArray(
      table.state,
      statesBefore(to).filter((state) => from?.includes(state) ?? true),
    ),
    fence === undefined ? undefined : eq(table.fence, fence),
  );
  const update = db
    .update(table)
    .set({
      ...change,
      ...(report ? { report } : {}),
      state: to,
      error,
      updatedAt: nowMs,
      ...(bump.fence ? { fence: sql`${table.fence} + 1` } : {}),
      ...(bump.attempts ? { attempts: sql`${table.attempts} + ${bump.attempts}` } : {}),
    })
    .where(allowed)
    .returning({ fence: table.fence });
  if (kind === 'evaluation') return (await update)[0];
  const event = JSON.stringify({ type: 'state', state: to, error });
  const [, rows] = await db.batch([
    db.insert(tuningEvents).select(sql`
      SELECT ${id}, (SELECT coalesce(max(seq), 0) + 1 FROM tuning_events WHERE tuning = ${id}), ${nowMs}, ${event}
      FROM ${tunings} WHERE ${allowed}`),
    update,
  ]);
  return rows[0];
}

/** Sets which Workflow instance drives a job, if it is still the one that was known. */
export async function setInstance(db: Db, id: string, instance: string): Promise<void> {
  const table = tableOf(jobKind(id));
  await db.update(table).set({ instance }).where(eq(table.id, id));
}

/** @returns false when the fence no longer holds: then nothing is written */
export async function appendTuningEvents(
  db: Db,
  write: { tuning: string; fence: number; events: TuningEvent[]; nowMs: number },
): Promise<boolean> {
  const { tuning, fence, events, nowMs } = write;
  const holds = and(eq(tunings.id, tuning), eq(tunings.fence, fence), inArray(tunings.state, AT_WORK));
  const steps = events.filter((event) => event.type === 'step');
  const last = steps.at(-1);
  const judged = events.filter((event) => event.type === 'evaluated').at(-1);
  const part = {
    ...(last ? { step: last.step, totalSteps: last.totalSteps, loss: last.loss, etaMs: last.etaMs } : {}),
    ...(judged ? { validAuc: judged.validAuc } : {}),
  };
  const started = events.find((event) => event.type === 'started');
  const first = {
    step: started?.step ?? 0,
    totalSteps: started?.totalSteps ?? 0,
    loss: null,
    validAuc: null,
    etaMs: null,
  };
  const [, rows] = await db.batch([
    db.insert(tuningEvents).select(sql`
      SELECT ${tuning}, (SELECT coalesce(max(seq), 0) FROM tuning_events WHERE tuning = ${tuning}) + part.key + 1, ${nowMs}, part.value
      FROM json_each(${JSON.stringify(events)}) AS part
      WHERE EXISTS (SELECT 1 FROM ${tunings} WHERE ${holds})`),
    db
      .update(tunings)
      .set({
        progress: sql`json_patch(coalesce(${tunings.progress}, ${JSON.stringify(first)}), ${JSON.stringify(part)})`,
      })
      .where(holds)
      .returning({ id: tunings.id }),
  ]);
  return rows.length > 0;
}

/** @returns false when the fence no longer holds: then nothing is written */
export async function setEvaluationProgress(
  db: Db,
  write: { evaluation: string; fence: number } & NonNullable<Evaluation['progress']>,
): Promise<boolean> {
  const { evaluation, fence, ...progress } = write;
  const rows = await db
    .update(evaluations)
    .set({ progress })
    .where(and(eq(evaluations.id, evaluation), eq(evaluations.fence, fence), inArray(evaluations.state, AT_WORK)))
    .returning({ id: evaluations.id });
  return rows.length > 0;
}

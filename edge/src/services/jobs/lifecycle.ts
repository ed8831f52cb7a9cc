// What people do with a job: create it, cancel it, stop it and keep what it has, resume it, delete it.
import { refusedField, TallrecError } from '@tallrec/shared/errors';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import { isTerminal, type JobKind } from '@tallrec/shared/wire/jobs';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Ctx, Deps } from '../../deps.ts';
import { cancelQueuedChunks, listChunksAtWork, requeueChunks } from '../../repo/batches.ts';
import { type DatasetRow, findDataset } from '../../repo/datasets.ts';
import { type Page, toPage } from '../../repo/db.ts';
import {
  deleteJobRows,
  findJobOf,
  insertJob,
  isAtWork,
  type JobFilter,
  type JobRow,
  listJobsOf,
  type NewJob,
  setInstance,
  setStopping,
} from '../../repo/jobs.ts';
import { nodesServing } from '../../repo/nodes.ts';
import { places } from '../../storage/places.ts';
import { deletePrefix } from '../../storage/r2.ts';
import { holdsModel, modelNamesOf } from '../models.ts';
import { dropUploadsOf } from '../uploads.ts';
import { changeState } from './state.ts';

export interface DataNeeds {
  /** What the dataset is for, as the request names it. */
  role: string;
  kinds: readonly DatasetKind[];
  /** Rows without an answer can be scored, and neither learned from nor judged. */
  labelled?: boolean;
}

/** @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED */
export async function requireData(
  deps: Pick<Deps, 'db'>,
  ctx: Ctx,
  id: string,
  { role, kinds, labelled = true }: DataNeeds,
): Promise<DatasetRow> {
  const row = await findDataset(deps.db, ctx.workspace, id);
  if (!row || row.state === 'deleting') {
    throw refusedField('NOT_FOUND', role, `there is no dataset ${id}.`, { fix: 'GET /v1/datasets lists them.' });
  }
  if (row.state === 'rejected') {
    throw refusedField('DATASET_REJECTED', role, `${id} was rejected with ${row.errorCount} errors.`, {
      fix: 'Mend the rows named in its rowErrors and upload it again, or validate it with badRows leave-out.',
    });
  }
  if (row.state !== 'ready') {
    throw refusedField('ILLEGAL_STATE', role, `the dataset ${id} is ${row.state}, not ready.`, {
      fix: 'Complete its upload and wait until it is ready.',
    });
  }
  if (!kinds.includes(row.kind)) {
    const problem = `the dataset ${id} holds ${row.kind}; this needs ${kinds.join(' or ')}.`;
    throw refusedField('VALIDATION_FAILED', role, problem, { fix: 'GET /v1/datasets shows the kind of each.' });
  }
  const unlabelled = row.stats && row.kind === 'samples' ? row.stats.rows - row.stats.labelled : 0;
  if (labelled && unlabelled > 0) {
    throw refusedField('VALIDATION_FAILED', role, `${unlabelled} rows of ${id} do not say what was liked.`, {
      fix: 'Give each row its answer; rows without one can be scored (POST /v1/scorings).',
    });
  }
  return row;
}

/**
 * A model that no node of the workspace's holds is refused at once: the job would wait for ever.
 * @param wait accept it all the same
 * @throws TallrecError MODEL_UNKNOWN, with the nodes and the models that there are
 */
export async function requireModel(deps: Pick<Deps, 'db'>, ctx: Ctx, model: string, wait: boolean): Promise<void> {
  if (wait) return;
  const nodes = await nodesServing(deps.db, ctx.workspace);
  if (nodes.some((node) => holdsModel(node, model))) return;
  const models = modelNamesOf(nodes);
  const there = nodes.map(({ name, connected }) => `${name} (${connected ? 'online' : 'offline'})`);
  throw refusedField('MODEL_UNKNOWN', 'model', `no node holds the model "${model}".`, {
    fix:
      nodes.length === 0
        ? 'There is no node yet: POST /v1/nodes, then tallrec serve. Or send "wait": true.'
        : `Nodes: ${there.join(', ')}; models: ${models.join(', ') || 'none'}. Name one of these, start a node with the model, or send "wait": true.`,
    details: { nodes: nodes.map(({ id, name, connected }) => ({ id, name, connected })), models },
  });
}

type CreateDeps = Pick<Deps, 'db' | 'clock' | 'feeds' | 'drivers'>;

/** Records the job and starts its Workflow. Repeated under its Idempotency-Key, it finds the job there, and the Workflow perhaps not. */
export async function createJob(
  deps: CreateDeps,
  ctx: Ctx,
  job: Omit<NewJob, 'nowMs' | 'workspace' | 'createdBy'>,
  inputs: (string | null)[],
): Promise<JobRow> {
  const nowMs = deps.clock.nowMs();
  const row = await insertJob(
    deps.db,
    { ...job, workspace: ctx.workspace, createdBy: ctx.actor, nowMs },
    [...new Set(inputs.filter((input) => input !== null))],
    { ctx, action: `${job.kind}.create`, subject: job.id, details: { name: job.name }, nowMs },
  );
  if (row.instance !== null) return row;
  await deps.feeds.append(row.id, [{ type: 'state', state: 'queued', node: null, error: null }], row.fence);
  await startDriver(deps, row.id);
  return row;
}

/** Starts a Workflow that sees the job through from where it stands. Each start has an instance of its own, an ended one never wakes. */
export async function startDriver(deps: Pick<Deps, 'db' | 'drivers' | 'clock'>, id: string): Promise<void> {
  const instance = `${id}-${deps.clock.nowMs().toString(36)}-${crypto.randomUUID().slice(0, 8)}`;
  await setInstance(deps.db, id, instance);
  await deps.drivers.start(id, instance);
}

export type { JobRow };

type ControlDeps = Pick<Deps, 'db' | 'clock' | 'feeds' | 'links' | 'drivers'>;

/** @throws TallrecError NOT_FOUND, for one of another workspace or kind too */
export async function requireJob(deps: Pick<Deps, 'db'>, ctx: Ctx, kind: JobKind, id: string): Promise<JobRow> {
  const row = await findJobOf(deps.db, ctx.workspace, kind, id);
  if (row) return row;
  throw new TallrecError('NOT_FOUND', `There is no ${kind} ${id}.`, { fix: `GET /v1/${kind}s lists them.` });
}

/** @param view as they are shown */
export async function listJobs<T>(
  deps: Pick<Deps, 'db'>,
  ctx: Ctx,
  kind: JobKind,
  page: PageQuery & JobFilter,
  view: (row: JobRow) => T,
): Promise<Page<T>> {
  return toPage(await listJobsOf(deps.db, ctx.workspace, kind, page), page.limit, view);
}

/**
 * Ends a job at once; the node that has it is told to drop it. Cancelling again changes nothing.
 * @throws TallrecError NOT_FOUND, or ILLEGAL_STATE when it has ended otherwise
 */
export async function cancelJob(deps: ControlDeps, ctx: Ctx, kind: JobKind, id: string): Promise<JobRow> {
  const row = await requireJob(deps, ctx, kind, id);
  if (row.state === 'cancelled') return row;
  const nowMs = deps.clock.nowMs();
  const audit = { ctx, action: `${kind}.cancel`, subject: id, nowMs };
  const moved = isTerminal(row.state) ? undefined : await changeState(deps, id, { to: 'cancelled', nowMs, audit });
  if (!moved) {
    const now = await requireJob(deps, ctx, kind, id);
    throw new TallrecError('ILLEGAL_STATE', `${id} has ${now.state}, so it cannot be cancelled.`);
  }
  if (kind === 'scoring') await cancelChunks(deps, id);
  else if (moved.node) await deps.links.cancel(moved.node, id, moved.fence);
  if (moved.instance) await deps.drivers.wake(id, moved.instance);
  return moved;
}

async function cancelChunks(deps: ControlDeps, batch: string): Promise<void> {
  const nowMs = deps.clock.nowMs();
  await cancelQueuedChunks(deps.db, batch, nowMs);
  for (const chunk of await listChunksAtWork(deps.db, batch)) {
    await changeState(deps, chunk.id, { to: 'cancelled', fence: chunk.fence, nowMs });
    if (chunk.node) await deps.links.cancel(chunk.node, chunk.id, chunk.fence);
  }
}

/**
 * Has a job end soon, as a success, with the best that it has so far. One that has nothing yet is cancelled. Of a batch, the pieces at
 * work are finished and no others begun.
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE when it has ended
 */
export async function stopJob(deps: ControlDeps, ctx: Ctx, kind: JobKind, id: string): Promise<JobRow> {
  const row = await requireJob(deps, ctx, kind, id);
  if (row.state === 'queued' && row.checkpoint === null && row.checkpointNode === null) {
    return await cancelJob(deps, ctx, kind, id);
  }
  const nowMs = deps.clock.nowMs();
  const stopping = await setStopping(deps.db, id, nowMs, { ctx, action: `${kind}.stop`, subject: id, nowMs });
  if (!stopping) throw new TallrecError('ILLEGAL_STATE', `${id} has ${row.state}, so it cannot be stopped.`);
  if (kind === 'scoring') await cancelQueuedChunks(deps.db, id, nowMs);
  else if (stopping.node && isAtWork(stopping)) await deps.links.stop(stopping.node, id, stopping.fence);
  if (stopping.instance) await deps.drivers.wake(id, stopping.instance);
  return stopping;
}

/**
 * Queues a failed or cancelled job again; it goes on from its last checkpoint, a batch with the pieces that it lacks.
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE
 */
export async function resumeJob(deps: ControlDeps, ctx: Ctx, kind: JobKind, id: string): Promise<JobRow> {
  const row = await requireJob(deps, ctx, kind, id);
  const nowMs = deps.clock.nowMs();
  const moved = await changeState(deps, id, {
    to: 'queued',
    from: ['failed', 'cancelled'],
    nowMs,
    change: { attempts: 0, avoid: null, stopping: false, outcome: null, resends: 0 },
    audit: { ctx, action: `${kind}.resume`, subject: id, nowMs },
  });
  if (!moved) {
    throw new TallrecError('ILLEGAL_STATE', `${id} is ${row.state}; only what failed or was cancelled can be resumed.`);
  }
  if (kind === 'scoring') await requeueChunks(deps.db, id, nowMs);
  await startDriver(deps, id);
  return moved;
}

/**
 * Deletes a job that has ended, with its bytes; an adapter that it made stays. What dies in between is finished by the sweep.
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE while it is unfinished
 */
export async function deleteJob(
  deps: ControlDeps & Pick<Deps, 'bucket'>,
  ctx: Ctx,
  kind: JobKind,
  id: string,
): Promise<void> {
  const row = await requireJob(deps, ctx, kind, id);
  const nowMs = deps.clock.nowMs();
  const moved = await changeState(deps, id, {
    to: 'deleting',
    nowMs,
    audit: { ctx, action: `${kind}.delete`, subject: id, nowMs },
  });
  if (!moved) {
    throw new TallrecError('ILLEGAL_STATE', `${id} is ${row.state}.`, { fix: 'Cancel it first, or wait for its end.' });
  }
  await finishDeleting(deps, moved);
}

/** Bytes before rows: what is left of a deletion that was broken off can be found and finished. */
export async function finishDeleting(
  deps: Pick<Deps, 'db' | 'bucket' | 'feeds' | 'clock'>,
  row: JobRow,
): Promise<void> {
  await deps.feeds.drop(row.id);
  await dropUploadsOf(deps, row.workspace, row.id);
  await deletePrefix(deps.bucket, places.job(row.workspace, row.id));
  if (row.kind === 'scoring') await deletePrefix(deps.bucket, places.batchPieces(row.workspace, row.id));
  await deleteJobRows(deps.db, row.id);
}

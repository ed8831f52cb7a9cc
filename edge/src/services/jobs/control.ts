// What people may do with a job: cancel it, stop it and keep what it has, resume it, delete it.
import { TallrecError } from '@tallrec/shared/errors';
import { isTerminal, type JobKind } from '@tallrec/shared/wire/jobs';
import type { Ctx, Deps } from '../../deps.ts';
import {
  AT_WORK,
  cancelQueuedChunks,
  deleteJobRows,
  findJobOf,
  type JobRow,
  listChunksAtWork,
  requeueChunks,
  setStopping,
} from '../../repo/jobs.ts';
import { places } from '../../storage/places.ts';
import { deletePrefix } from '../../storage/r2.ts';
import { dropUploadsOf } from '../uploads.ts';
import { startDriver } from './create.ts';
import { changeState } from './state.ts';

export type { JobRow };

type ControlDeps = Pick<Deps, 'db' | 'clock' | 'feeds' | 'links' | 'drivers'>;

/** @throws TallrecError NOT_FOUND, for one of another workspace or kind too */
export async function requireJob(deps: Pick<Deps, 'db'>, ctx: Ctx, kind: JobKind, id: string): Promise<JobRow> {
  const row = await findJobOf(deps.db, ctx.workspace, kind, id);
  if (row) return row;
  throw new TallrecError('NOT_FOUND', `There is no ${kind} ${id}.`, { fix: `GET /v1/${kind}s lists them.` });
}

const isAtWork = (row: JobRow) => (AT_WORK as readonly string[]).includes(row.state);

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

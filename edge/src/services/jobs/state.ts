// A job's state: changed in the record first and then told to whoever follows it; and what it shows of itself.
import type { Deps } from '../../deps.ts';
import { type JobRow, type Move, moveJob } from '../../repo/jobs.ts';

export type StateDeps = Pick<Deps, 'db' | 'feeds'>;

/**
 * See `moveJob`. Pieces of a batch have no story of their own.
 * @returns the row after the move, undefined where nothing was moved
 */
export async function changeState(deps: StateDeps, id: string, move: Move): Promise<JobRow | undefined> {
  const row = await moveJob(deps.db, id, move);
  if (row && row.kind !== 'chunk') {
    const { state, node, error } = row;
    await deps.feeds.append(id, [{ type: 'state', state, node, error }], row.fence);
  }
  return row;
}

/** What every job shows of itself. */
const iso = (ms: number) => new Date(ms).toISOString();

export function jobView(row: JobRow) {
  return {
    name: row.name,
    state: row.state,
    priority: row.priority,
    node: row.node,
    fence: row.fence,
    stopping: row.stopping,
    checkpointStep: row.checkpoint?.step ?? null,
    error: row.error,
    createdBy: row.createdBy,
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
    endedAt: row.endedAt === null ? null : iso(row.endedAt),
  };
}

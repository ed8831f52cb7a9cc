// What every job shows of itself.
import type { JobRow } from '../../repo/jobs.ts';

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

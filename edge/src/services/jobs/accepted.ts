import type { Deps } from '../../deps.ts';
import { findJob, moveJob } from '../../repo/jobs.ts';

/**
 * A node says that it has a job: just dispatched, or still after it was away.
 * @returns false when the job is no longer this node's, and is to be dropped there
 */
export async function onAccepted(
  deps: Pick<Deps, 'db' | 'clock'>,
  node: string,
  id: string,
  fence: number,
): Promise<boolean> {
  await moveJob(deps.db, id, { to: 'running', fence, nowMs: deps.clock.nowMs() });
  const job = await findJob(deps.db, id);
  return job?.state === 'running' && job.fence === fence && job.node === node;
}

import { TallrecError } from '@tallrec/shared/errors';
import type { Deps } from '../../deps.ts';
import { findJob, moveJob } from '../../repo/jobs.ts';
import { startDriver } from './start.ts';

/**
 * Queues a failed or cancelled job again. A node that still has its checkpoint goes on from there.
 * @throws TallrecError NOT_FOUND, ILLEGAL_STATE
 */
export async function resumeJob(deps: Pick<Deps, 'db' | 'clock' | 'drivers'>, id: string): Promise<void> {
  const job = await findJob(deps.db, id);
  if (!job) throw new TallrecError('NOT_FOUND', `There is no job ${id}.`);
  const moved = await moveJob(deps.db, id, {
    to: 'queued',
    from: ['failed', 'cancelled'],
    nowMs: deps.clock.nowMs(),
    change: { node: null, attempts: 0 },
  });
  if (!moved) {
    throw new TallrecError('ILLEGAL_STATE', `${id} is ${job.state}; only what failed or was cancelled can be resumed.`);
  }
  await startDriver(deps, id);
}

import { TallrecError } from '@tallrec/shared/errors';
import { isTerminal } from '@tallrec/shared/wire/tunings';
import type { Deps } from '../../deps.ts';
import { findJob, moveJob } from '../../repo/jobs.ts';
import { wakeJob } from './wake.ts';

/**
 * Ends a job at once; the node that has it is told to stop. Cancelling again changes nothing.
 * @throws TallrecError NOT_FOUND, or ILLEGAL_STATE when it has ended otherwise
 */
export async function cancelJob(deps: Pick<Deps, 'db' | 'clock' | 'links' | 'drivers'>, id: string): Promise<void> {
  const job = await findJob(deps.db, id);
  if (!job) throw new TallrecError('NOT_FOUND', `There is no job ${id}.`);
  if (job.state === 'cancelled') return;
  const moved = isTerminal(job.state)
    ? undefined
    : await moveJob(deps.db, id, { to: 'cancelled', nowMs: deps.clock.nowMs() });
  if (!moved) {
    const now = await findJob(deps.db, id);
    throw new TallrecError('ILLEGAL_STATE', `${id} has ${now?.state}, so it cannot be cancelled.`);
  }
  const node = (await findJob(deps.db, id))?.node;
  if (node) await deps.links.cancel(node, id, moved.fence);
  await wakeJob(deps, id);
}

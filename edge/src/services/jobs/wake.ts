import type { Deps } from '../../deps.ts';
import { findJob, listQueuedJobs } from '../../repo/jobs.ts';

/** One for the node that is free, and some more in case the first ones are cancelled meanwhile; the sweep sees to the rest. */
const WAKE_AT_ONCE = 3;

type WakeDeps = Pick<Deps, 'db' | 'drivers'>;

/** Has the job's Workflow look at it again. */
export async function wakeJob(deps: WakeDeps, id: string): Promise<void> {
  const job = await findJob(deps.db, id);
  if (job?.instance) await deps.drivers.wake(id, job.instance);
}

/** Something may run now that could not before. */
export async function wakeQueue(deps: WakeDeps, models?: string[]): Promise<void> {
  for (const job of await listQueuedJobs(deps.db, models, WAKE_AT_ONCE)) {
    if (job.instance) await deps.drivers.wake(job.id, job.instance);
  }
}

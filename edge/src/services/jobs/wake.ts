import type { Deps } from '../../deps.ts';
import { findJob, listQueuedJobs, NO_MODEL } from '../../repo/jobs.ts';
import { findNode } from '../../repo/nodes.ts';

/** One for the node that is free, and some more in case the first ones are cancelled meanwhile; the sweep sees to the rest. */
const WAKE_AT_ONCE = 3;

type WakeDeps = Pick<Deps, 'db' | 'drivers'>;

/** Has the job's Workflow look at it again. */
export async function wakeJob(deps: WakeDeps, id: string): Promise<void> {
  const job = await findJob(deps.db, id);
  if (job?.instance) await deps.drivers.wake(id, job.instance);
}

/** A node is free: jobs that wait for one of its models, or for any node, may run now. */
export async function wakeQueueFor(deps: WakeDeps, node: string): Promise<void> {
  const models = (await findNode(deps.db, node))?.status?.models.map(({ name }) => name) ?? [];
  for (const job of await listQueuedJobs(deps.db, [...models, NO_MODEL], WAKE_AT_ONCE)) {
    if (job.instance) await deps.drivers.wake(job.id, job.instance);
  }
}

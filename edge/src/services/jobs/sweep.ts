import type { Deps } from '../../deps.ts';
import { faultOf } from '../../faults.ts';
import { type JobRow, listUnfinishedJobs } from '../../repo/jobs.ts';
import { chooseFreeNode } from '../nodes/choose.ts';
import { isOverdue } from './advance.ts';
import { startDriver } from './start.ts';

const SWEEP_JOBS = 200;

type SweepDeps = Pick<Deps, 'db' | 'clock' | 'links' | 'drivers' | 'durations'>;

/**
 * Wakes every job that could move and has not: after a killed server Workflows sleep until an event comes, and an instance may
 * have ended before its job. Jobs that rightly wait are left alone, since each wake costs an instance some of its steps.
 */
export async function sweepJobs(deps: SweepDeps): Promise<void> {
  for (const job of await listUnfinishedJobs(deps.db, SWEEP_JOBS)) {
    try {
      if (!(await couldMove(deps, job))) continue;
      if (job.instance && (await deps.drivers.isAlive(job.id, job.instance)))
        await deps.drivers.wake(job.id, job.instance);
      else await startDriver(deps, job.id);
    } catch (error) {
      console.error(JSON.stringify({ job: job.id, fault: faultOf(error) }));
    }
  }
}

async function couldMove(deps: SweepDeps, job: JobRow): Promise<boolean> {
  if (job.state === 'queued') return isOverdue(deps, job) || (await chooseFreeNode(deps, job.model)) !== undefined;
  return !job.node || !(await deps.links.holds(job.node, job.id, job.fence));
}

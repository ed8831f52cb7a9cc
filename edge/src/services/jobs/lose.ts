// Jobs whose node went away.
import type { Deps } from '../../deps.ts';
import { AT_WORK, findJob, type JobRow } from '../../repo/jobs.ts';
import { type AssignDeps, assignJobs } from './assign.ts';
import { afterChunk } from './batch.ts';
import { changeState } from './state.ts';

/** So often a job is given out without getting further than before: what loses its node each time at the same place is at fault itself. */
const MAX_ATTEMPTS = 3;

export type LoseDeps = AssignDeps & Pick<Deps, 'drivers'>;

/** The lease of a node on a job has run out: the job goes back to the queue, or ends where that has happened too often. */
export async function loseJob(deps: LoseDeps, id: string, fence: number): Promise<void> {
  const job = await findJob(deps.db, id);
  if (!job || job.fence !== fence || !(AT_WORK as readonly string[]).includes(job.state)) return;
  const nowMs = deps.clock.nowMs();
  if (job.attempts >= MAX_ATTEMPTS) {
    await failLost(deps, job);
    return;
  }
  await changeState(deps, id, {
    to: 'queued',
    from: AT_WORK,
    fence,
    nowMs,
    change: { checkpointNode: job.node },
    error: {
      code: 'NODE_UNAVAILABLE',
      message: `The node ${job.node} went away; this waits for a node to go on with it.`,
    },
  });
  await assignJobs(deps);
}

/** After its nodes were lost, a job waits for another only so long. */
export function isOverdue(deps: Pick<Deps, 'clock' | 'durations'>, job: JobRow): boolean {
  return job.state === 'queued' && job.attempts > 0 && deps.clock.nowMs() - job.updatedAt >= deps.durations.retryWaitMs;
}

export async function failLost(deps: LoseDeps, job: JobRow): Promise<void> {
  const tries = job.attempts === 1 ? 'once' : `${job.attempts} times`;
  const moved = await changeState(deps, job.id, {
    to: 'failed',
    from: [...AT_WORK, 'queued'],
    fence: job.fence,
    nowMs: deps.clock.nowMs(),
    error: {
      code: 'NODE_UNAVAILABLE',
      message: `The node went away ${tries} while it worked on this at the same place, and no other took over. Look at the log of the node, then resume: it goes on from its last checkpoint.`,
    },
  });
  if (moved) await afterEnd(deps, moved);
}

/** Has whoever waits for the end of a job look at it. */
export async function afterEnd(deps: LoseDeps, job: JobRow): Promise<void> {
  if (job.kind === 'chunk') await afterChunk(deps, job);
  else if (job.instance) await deps.drivers.wake(job.id, job.instance);
}

// Jobs that have fallen between two chairs: looked at once a minute, a bounded number of them, each in its turn.
import { LIMITS } from '@tallrec/shared/limits';
import type { Deps } from '../../deps.ts';
import { faultOf, secretsOf } from '../../faults.ts';
import { isAtWork, type JobRow, listDeleting, listEndedWith, setEventsPlace, takeSwept } from '../../repo/jobs.ts';
import { places } from '../../storage/places.ts';
import { assignJobs, failLost, isOverdue, type LoseDeps, loseJob } from './dispatch.ts';
import { finishDeleting, startDriver } from './lifecycle.ts';

/** Each may take some requests to other objects, of which an invocation has a thousand. */
const JOBS_AT_ONCE = 60;
const ENDED_AT_ONCE = 20;
/** The Workflow itself puts the story away well before. */
const CLOSE_AFTER_MS = 60_000;

type SweepDeps = LoseDeps & Pick<Deps, 'bucket' | 'operatorSecret'>;

export async function sweepJobs(deps: SweepDeps, jobsAtOnce = JOBS_AT_ONCE): Promise<void> {
  await assignJobs(deps);
  const nowMs = deps.clock.nowMs();
  for (const job of await takeSwept(deps.db, nowMs, jobsAtOnce)) await guarded(deps, job, () => mend(deps, job));
  for (const job of await listDeleting(deps.db, ENDED_AT_ONCE))
    await guarded(deps, job, () => finishDeleting(deps, job));
  for (const job of await listEndedWith(deps.db, 'live', nowMs - CLOSE_AFTER_MS, ENDED_AT_ONCE)) {
    await guarded(deps, job, () => deps.feeds.close(job.id));
  }
  for (const job of await listEndedWith(deps.db, 'kept', nowMs - LIMITS.eventRetentionMs, ENDED_AT_ONCE)) {
    await guarded(deps, job, async () => {
      await deps.bucket.delete(places.jobEvents(job.workspace, job.id));
      await setEventsPlace(deps.db, job.id, 'gone');
    });
  }
}

async function guarded(deps: SweepDeps, job: JobRow, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(JSON.stringify({ job: job.id, fault: faultOf(error, secretsOf(deps)) }));
  }
}

/** What its node's object, its Workflow or an event ought to have done, had none of them been lost. */
async function mend(deps: SweepDeps, job: JobRow): Promise<void> {
  if (job.kind !== 'scoring') {
    if (isAtWork(job) && !(job.node && (await deps.links.holds(job.node, job.id, job.fence)))) {
      await loseJob(deps, job.id, job.fence);
    }
    if (isOverdue(deps, job)) await failLost(deps, job);
  }
  if (job.kind === 'chunk') return;
  if (!job.instance || !(await deps.drivers.isAlive(job.instance))) await startDriver(deps, job.id);
  else if (job.state === 'publishing' || job.kind === 'scoring') await deps.drivers.wake(job.id, job.instance);
}

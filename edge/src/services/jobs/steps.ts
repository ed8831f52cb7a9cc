// What the Workflow of a job does, step by step. The record decides what is next, so each may run again and may come late.
import { isTerminal } from '@tallrec/shared/wire/jobs';
import type { Deps } from '../../deps.ts';
import { findJob } from '../../repo/jobs.ts';
import { assignJobs, failLost, isOverdue, type LoseDeps, loseJob } from './assign.ts';
import { joinBatch, lookAtBatch, type SplitPosition, splitBatch } from './batch.ts';
import { publishJob } from './outcome.ts';

export type StepDeps = LoseDeps & Pick<Deps, 'bucket'>;

/** @returns where to go on with cutting up a batch; null for all else */
export async function prepareJob(deps: StepDeps, id: string, from: SplitPosition): Promise<SplitPosition | null> {
  const job = await findJob(deps.db, id);
  return job?.kind === 'scoring' ? await splitBatch(deps, id, from) : null;
}

export async function dispatchJob(deps: StepDeps): Promise<void> {
  await assignJobs(deps);
}

export async function lookAtJob(deps: StepDeps, id: string): Promise<'wait' | 'publish' | 'ended'> {
  const job = await findJob(deps.db, id);
  if (!job || isTerminal(job.state)) return 'ended';
  if (job.state === 'publishing') return 'publish';
  if (job.kind === 'scoring') return job.state === 'queued' ? 'wait' : await lookAtBatch(deps, job);
  if (job.state === 'queued') {
    if (!isOverdue(deps, job)) return 'wait';
    await failLost(deps, job);
    return 'ended';
  }
  if (!job.node || !(await deps.links.holds(job.node, id, job.fence))) await loseJob(deps, id, job.fence);
  return 'wait';
}

/** @returns whether the job is done; a batch takes several steps, and a node may have to send again */
export async function publishNext(deps: StepDeps, id: string): Promise<'done' | 'more' | 'again'> {
  const job = await findJob(deps.db, id);
  if (job?.kind === 'scoring') return (await joinBatch(deps, id)) ? 'done' : 'more';
  return await publishJob(deps, id);
}

/** The story is put away, and the next job gets its turn. */
export async function closeJob(deps: StepDeps, id: string): Promise<void> {
  await deps.feeds.close(id);
  await assignJobs(deps);
}

// The Workflow of a job of any kind: prepare, dispatch, wait for its end or its lease's, publish, close.
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { makeDeps } from '../compose.ts';
import type { Deps } from '../deps.ts';
import { type JobParams, parseEnv } from '../env.ts';
import { findJob } from '../repo/jobs.ts';
import { joinBatch, lookAtBatch, type SplitPosition, splitBatch } from '../services/jobs/batch.ts';
import { assignJobs, failLost, isOverdue, type LoseDeps, loseJob } from '../services/jobs/dispatch.ts';
import { publishJob } from '../services/jobs/reports.ts';

/** An instance has 1,024 steps; the sweep starts a fresh one for a job that outlasts it. */
const MAX_STEPS = 900;
/** A lost event costs so much time at most. */
const LOOK_EVERY = '1 hour';
/** A storage or a record that is out of reach for hours fails no job. */
const PERSISTENT = 500;

export class JobWorkflow extends WorkflowEntrypoint<object, JobParams> {
  override async run({ payload: { job } }: Readonly<WorkflowEvent<JobParams>>, step: WorkflowStep): Promise<string> {
    const env = parseEnv(this.env);
    const deps = makeDeps(env);
    let steps = 0;
    const durably = <T extends Rpc.Serializable<T>>(name: string, work: () => Promise<T>): Promise<T> =>
      step.do(
        `${++steps} ${name}`,
        { retries: { limit: PERSISTENT, delay: env.STEP_RETRY_MS, backoff: 'constant' }, timeout: '15 minutes' },
        work,
      ) as Promise<T>;

    let from: SplitPosition | null = { offset: 0, row: 0, index: 0 };
    while (from) {
      const position: SplitPosition = from;
      from = await durably('prepare', () => prepareJob(deps, job, position));
    }
    await durably('dispatch', async () => {
      await assignJobs(deps);
      return null;
    });
    while (steps < MAX_STEPS) {
      const next = await durably('look', () => lookAtJob(deps, job));
      if (next === 'wait') await moved(step, ++steps);
      let published = next === 'publish' ? 'more' : next;
      while (published === 'more') published = await durably('publish', () => publishNext(deps, job));
      if (published === 'done' || published === 'ended') {
        await durably('close', async () => {
          await closeJob(deps, job);
          return null;
        });
        return 'ended';
      }
    }
    return 'handed over';
  }
}

/** The event may also come before it is waited for; what it was, the record says. */
async function moved(step: WorkflowStep, number: number): Promise<void> {
  try {
    await step.waitForEvent(`${number} wait`, { type: 'moved', timeout: LOOK_EVERY });
  } catch {
    // Nothing happened for so long: look anyway.
  }
}

// The steps. The record decides what is next, so each may run again and may come late.

type StepDeps = LoseDeps & Pick<Deps, 'bucket'>;

/** @returns where to go on with cutting up a batch; null for all else */
async function prepareJob(deps: StepDeps, id: string, from: SplitPosition): Promise<SplitPosition | null> {
  const job = await findJob(deps.db, id);
  return job?.kind === 'scoring' ? await splitBatch(deps, id, from) : null;
}

async function lookAtJob(deps: StepDeps, id: string): Promise<'wait' | 'publish' | 'ended'> {
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
async function publishNext(deps: StepDeps, id: string): Promise<'done' | 'more' | 'again'> {
  const job = await findJob(deps.db, id);
  if (job?.kind === 'scoring') return (await joinBatch(deps, id)) ? 'done' : 'more';
  return await publishJob(deps, id);
}

/** The story is put away, and the next job gets its turn. */
async function closeJob(deps: StepDeps, id: string): Promise<void> {
  await deps.feeds.close(id);
  await assignJobs(deps);
}

// The Workflow of a job of any kind: prepare, dispatch, wait for its end or its lease's, publish, close.
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import { makeDeps } from '../compose.ts';
import { type JobParams, parseEnv } from '../env.ts';
import type { SplitPosition } from '../services/jobs/batch.ts';
import { closeJob, dispatchJob, lookAtJob, prepareJob, publishNext } from '../services/jobs/steps.ts';

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
      await dispatchJob(deps);
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

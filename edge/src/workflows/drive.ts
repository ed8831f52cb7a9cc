// How a Workflow drives a job: look, do what is next, sleep until something happens; until the job has ended.
import type { WorkflowStep } from 'cloudflare:workers';
import { makeDeps } from '../deps.ts';
import { parseEnv } from '../env.ts';
import { advanceJob } from '../services/jobs/advance.ts';

export interface JobParams {
  job: string;
}

/** An instance has 1,024 steps; the sweep starts a fresh one for a job that outlasts it. */
const MAX_TURNS = 500;

const RETRIES = {
  retries: { limit: 5, delay: '2 seconds', backoff: 'exponential' },
  timeout: '2 minutes',
} as const;

/** All that may happen comes as one kind of event, which may also come before it is waited for: the record says what it was. */
export async function drive(bindings: object, job: string, step: WorkflowStep): Promise<string> {
  const env = parseEnv(bindings);
  const deps = makeDeps(env);
  for (let turn = 1; turn <= MAX_TURNS; turn++) {
    const next = await step.do(`turn ${turn}`, RETRIES, () => advanceJob(deps, job));
    if (next === 'ended') return 'ended';
    try {
      await step.waitForEvent(`wake ${turn}`, { type: 'wake', timeout: env.RETRY_WAIT_MS });
    } catch {
      // Nothing happened for so long: look anyway.
    }
  }
  return 'handed over';
}

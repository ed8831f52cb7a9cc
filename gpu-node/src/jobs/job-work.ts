// What a job is to whoever does it.
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { Job, JobOutcome } from '@tallrec/shared/wire/link';
import type { EngineMethod, EngineParams, EngineResult } from './engine-calls.ts';

export interface JobContext {
  /** Aborted to give the job up. What is done afterwards is not looked at, but a checkpoint may lie on disk then. */
  signal: AbortSignal;
  /** Aborted to end the job soon, with the best of what it has. */
  stop: AbortSignal;
  onEvent: (event: NodeEvent) => void;
}
export type JobSuccess = Extract<JobOutcome, { status: 'succeeded' }>;

export interface JobWork {
  /** Does a job; what it comes to lies on this machine's disk afterwards. */
  run(job: Job, context: JobContext): Promise<JobSuccess['result']>;
  /** Sends what a job came to; what has arrived is not sent again. */
  deliver(job: Job, result: JobSuccess['result'], signal: AbortSignal): Promise<void>;
}

/** The engine that answers requests, shared by whoever has rows to score. */
export interface SharedEngine {
  /** @throws TallrecError NODE_BUSY when too many wait, ENGINE_FAILED when the engine died under this call */
  call<M extends Extract<EngineMethod, 'score' | 'rank' | 'tokens'>>(
    method: M,
    params: EngineParams<M>,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<EngineResult<M>>;
}

// The long-lived engine process that answers score and rank: started on first use, and again after it has died.
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import type { EngineMethod, EngineParams, EngineResult } from '../jobs/engine-calls.ts';
import type { EngineChild } from '../jobs/engine-child.ts';
import type { SharedEngine } from '../jobs/job-work.ts';

export interface ScoringOptions {
  newEngine: () => EngineChild;
  maxQueued?: number;
}

export class Scoring implements SharedEngine {
  readonly #newEngine: () => EngineChild;
  readonly #maxQueued: number;
  #engine: EngineChild | undefined;
  #queued = 0;

  constructor({ newEngine, maxQueued = LIMITS.nodeRequestsInFlight }: ScoringOptions) {
    this.#newEngine = newEngine;
    this.#maxQueued = maxQueued;
  }

  /** Requests that wait or are being answered. */
  get queued(): number {
    return this.#queued;
  }

  /** Process id of the engine, while there is one. */
  get pid(): number | undefined {
    return this.#engine?.ended === false ? this.#engine.pid : undefined;
  }

  /**
   * @param signal aborted when nobody waits for the answer any more
   * @throws TallrecError NODE_BUSY when too many requests wait, ENGINE_FAILED when the engine died under this one, CANCELLED
   */
  async call<M extends Extract<EngineMethod, 'score' | 'rank' | 'tokens' | 'tryAdapter'>>(
    method: M,
    params: EngineParams<M>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<EngineResult<M>> {
    if (this.#queued >= this.#maxQueued) {
      throw new TallrecError('NODE_BUSY', `${this.#queued} requests are waiting on this node.`, {
        fix: 'Try again shortly, or add a node.',
      });
    }
    if (signal?.aborted) throw new TallrecError('CANCELLED', 'Nobody waits for this answer any more.');
    if (!this.#engine || this.#engine.ended) this.#engine = this.#newEngine();
    this.#queued++;
    try {
      return await this.#engine.call(method, params, signal ? { signal } : {});
    } finally {
      this.#queued--;
    }
  }

  async close(): Promise<void> {
    await this.#engine?.kill();
  }
}

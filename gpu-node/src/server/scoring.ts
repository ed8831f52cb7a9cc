// The long-lived engine process that answers score and rank: started on first use, and again after it has died. What it died of is found.
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import type { EngineMethod, EngineParams, EngineResult } from '../jobs/engine-calls.ts';
import type { EngineChild } from '../jobs/engine-child.ts';
import type { SharedEngine } from '../jobs/job-work.ts';

export interface ScoringOptions {
  newEngine: () => EngineChild;
  maxQueued?: number;
  /** Milliseconds that only grow. */
  clock?: () => number;
}

/** Deaths in a row after which the next start has to wait, twice as long each time. */
const DEATHS_AT_ONCE = 3;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

type SharedMethod = Extract<EngineMethod, 'score' | 'rank' | 'tokens' | 'tryAdapter'>;

/**
 * When the engine dies, each request that it was at is tried once more and alone: the innocent are answered, and one that ends the engine again
 * is refused. An engine that nothing was ever got from is not a request's fault; then, too, it is started less and less often.
 */
export class Scoring implements SharedEngine {
  readonly #newEngine: () => EngineChild;
  readonly #maxQueued: number;
  readonly #clock: () => number;
  #engine: EngineChild | undefined;
  #closed = false;
  #queued = 0;
  /** Requests that the engine is at. */
  #inside = 0;
  /** Requests that are to be tried alone: nobody else enters before they are done. */
  #suspects = 0;
  #left = Promise.withResolvers<void>();
  #hasAnswered = false;
  #deaths = 0;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor({ newEngine, maxQueued = LIMITS.nodeRequestsInFlight, clock = () => performance.now() }: ScoringOptions) {
    this.#newEngine = newEngine;
    this.#maxQueued = maxQueued;
    this.#clock = clock;
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
   * @throws TallrecError NODE_BUSY when too many requests wait, ENGINE_CRASHED where this request alone ends the engine, ENGINE_FAILED where
   * the engine ends by itself, NODE_UNAVAILABLE while it is not started again, CANCELLED
   */
  async call<M extends SharedMethod>(
    method: M,
    params: EngineParams<M>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<EngineResult<M>> {
    if (this.#queued >= this.#maxQueued) {
      throw new TallrecError('NODE_BUSY', `${this.#queued} requests are waiting on this node.`, {
        fix: 'Try again shortly, or add a node.',
      });
    }
    this.#queued++;
    try {
      const first = await this.#attempt(method, params, { signal, alone: false });
      if ('result' in first) return first.result;
      const second = await this.#attempt(method, params, { signal, alone: true });
      if ('result' in second) return second.result;
      if (!this.#hasAnswered || this.#closed) throw second.death;
      throw new TallrecError(
        'ENGINE_CRASHED',
        `This request ended the engine twice, the second time alone. ${second.death.message}`,
        {
          fix: 'Send fewer or shorter samples, or another adapter; the others are answered.',
        },
      );
    } finally {
      this.#queued--;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#engine?.kill();
  }

  async #attempt<M extends SharedMethod>(
    method: M,
    params: EngineParams<M>,
    { signal, alone }: { signal: AbortSignal | undefined; alone: boolean },
  ): Promise<{ result: EngineResult<M> } | { death: TallrecError }> {
    await this.#enter(alone);
    try {
      if (signal?.aborted) throw new TallrecError('CANCELLED', 'Nobody waits for this answer any more.');
      const engine = this.#running();
      try {
        const result = await engine.call(method, params, signal ? { signal } : {});
        this.#hasAnswered = true;
        this.#deaths = 0;
        return { result };
      } catch (error) {
        if (!engine.ended || !(error instanceof TallrecError)) throw error;
        this.#buried(engine);
        return { death: error };
      }
    } finally {
      this.#leave(alone);
    }
  }

  async #enter(alone: boolean): Promise<void> {
    if (alone) this.#suspects++;
    while (alone ? this.#inside > 0 : this.#suspects > 0) await this.#left.promise;
    this.#inside++;
  }

  #leave(alone: boolean): void {
    this.#inside--;
    if (alone) this.#suspects--;
    this.#left.resolve();
    this.#left = Promise.withResolvers<void>();
  }

  #running(): EngineChild {
    if (this.#engine && !this.#engine.ended) return this.#engine;
    if (this.#closed) throw new TallrecError('NODE_UNAVAILABLE', 'This node is ending.');
    const waitMs = this.#pausedUntilMs - this.#clock();
    if (waitMs > 0) {
      throw new TallrecError(
        'NODE_UNAVAILABLE',
        `The engine of this node ended ${this.#deaths} times in a row; it is started again in ${Math.ceil(waitMs / 1000)} s.`,
        { fix: "Look at the node's log." },
      );
    }
    this.#engine = this.#newEngine();
    return this.#engine;
  }

  /** Counts a death once, however many requests it ended. */
  #buried(engine: EngineChild): void {
    if (engine !== this.#engine) return;
    this.#engine = undefined;
    this.#deaths++;
    const doublings = this.#deaths - DEATHS_AT_ONCE;
    if (doublings < 0) return;
    this.#pausedUntilMs = this.#clock() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** doublings);
  }
}

// What a tuning would take here: memory from its plan, time from what was measured before, or from a short trial while nothing else is done.
import { TallrecError } from '@tallrec/shared/errors';
import type { NodeEstimate, NodeEstimateRequest } from '@tallrec/shared/wire/node-api';
import { LRUCache } from 'lru-cache';
import type { EngineParams, EngineResult, EngineRole, ModelPlace } from '../jobs/engine-calls.ts';
import type { EngineChild } from '../jobs/engine-child.ts';
import { type KnownSpeed, type SpeedStore, speedFor } from '../train/speeds.ts';
import { tuningTime } from '../train/tuning-time.ts';

export interface EstimatesOptions {
  newEngine: (role: EngineRole) => EngineChild;
  locateModel: (name: string) => ModelPlace;
  speeds: Pick<SpeedStore, 'read' | 'add'>;
  /** Whether a job is at work. */
  isBusy: () => boolean;
  log: (line: string) => void;
  nowMs: () => number;
  /** A trial that takes longer is given up. */
  trialMs?: number;
  /** The process that plans ends when nothing was asked for so long. */
  idleMs?: number;
}

type Plan = EngineResult<'plan'>;

interface Trial {
  model: string;
  engine: EngineChild;
  ended: Promise<void>;
}

const TRIAL_MS = 30_000;
const IDLE_MS = 60_000;
const PLANS = 64;

export class Estimates {
  readonly #options: EstimatesOptions;
  readonly #plans = new LRUCache<string, Plan>({ max: PLANS });
  /** Why a model was tried in vain, by its content. */
  readonly #failed = new Map<string, string>();
  #planner: EngineChild | undefined;
  #idle: NodeJS.Timeout | undefined;
  #trial: Trial | undefined;

  constructor(options: EstimatesOptions) {
    this.#options = options;
  }

  /** @throws TallrecError MODEL_UNSUPPORTED where this node does not hold the model, ENGINE_FAILED */
  async estimate({ samples, ...asked }: NodeEstimateRequest, signal?: AbortSignal): Promise<NodeEstimate> {
    const model = this.#options.locateModel(asked.model);
    const params = { model, settings: asked.settings, texts: asked.texts };
    const plan = await this.#plan(params, signal);
    const { work, ...told } = plan;
    const { memory, tokensPerSample } = told;
    const without = (basis: string, measuring = false) => ({ ...told, time: null, basis, measuring });

    if (memory?.fits === false) return without('It does not fit.');
    if (samples === null || tokensPerSample === null) return without('How many samples there are is not known.');
    if (samples.train === 0) return without('There is no sample to learn from.');
    const speed = speedFor(work, await this.#options.speeds.read(model.contentHash));
    if (speed) {
      const time = tuningTime(speed, { settings: asked.settings, samples, tokensPerSample });
      return { ...told, time, basis: basisOf(speed), measuring: false };
    }
    if (this.#trial?.model === model.contentHash) return without('The model is being tried out here.', true);
    const never = 'This node has not tuned the model yet';
    const failed = this.#failed.get(model.contentHash);
    if (failed) return without(`${never}, and could not try it out: ${failed}`);
    if (this.#options.isBusy() || this.#trial) {
      return without(`${never}, and does not try it out while it works on something else.`);
    }
    const { batchSize } = asked.settings.hyperParameters;
    this.#begin({ ...params, stepRows: Math.min(batchSize, samples.train) }, plan);
    return without('The model is being tried out here.', true);
  }

  /** A job begins: it has the machine for itself. */
  async stopTrial(): Promise<void> {
    const trial = this.#trial;
    this.#trial = undefined;
    await trial?.engine.kill();
    await trial?.ended;
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await Promise.all([this.#planner?.kill(), this.stopTrial()]);
  }

  async #plan(params: EngineParams<'plan'>, signal: AbortSignal | undefined): Promise<Plan> {
    const name = JSON.stringify(params);
    const known = this.#plans.get(name);
    if (known) return known;
    if (!this.#planner || this.#planner.ended) this.#planner = this.#options.newEngine('plan');
    clearTimeout(this.#idle);
    const planner = this.#planner;
    try {
      const plan = await planner.call('plan', params, signal ? { signal } : {});
      this.#plans.set(name, plan);
      return plan;
    } finally {
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => void planner.kill(), this.#options.idleMs ?? IDLE_MS).unref();
    }
  }

  #begin(params: Omit<EngineParams<'trial'>, 'beganAtMs'>, { work }: Plan): void {
    const { newEngine, speeds, log, nowMs, trialMs = TRIAL_MS } = this.#options;
    const { name, contentHash } = params.model;
    const engine = newEngine('trial');
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      void engine.kill();
    }, trialMs);
    const trial: Trial = { model: contentHash, engine, ended: Promise.resolve() };
    trial.ended = engine
      .call('trial', { ...params, beganAtMs: nowMs() })
      .then((measured) => speeds.add(contentHash, { ...measured, work, from: 'trial', atMs: nowMs() }))
      .catch((error: unknown) => {
        // One that had to make way is begun again another time.
        if (this.#trial !== trial) return;
        const words = late ? `it takes longer than ${trialMs / 1000} s.` : wordsOf(error);
        this.#failed.set(contentHash, words);
        log(`${name} could not be tried out: ${words}`);
      })
      .finally(async () => {
        clearTimeout(timer);
        // The trial stands until its process is gone: who closes or begins a job waits for that too.
        await engine.kill();
        if (this.#trial === trial) this.#trial = undefined;
      });
    this.#trial = trial;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof TallrecError ? error.message : 'something went wrong; its log says more.';
}

function basisOf({ from, count, alike }: KnownSpeed): string {
  const settings = alike ? '' : ', with other settings';
  if (from === 'trial') return `Measured by trying out the model here for a moment${settings}.`;
  const tunings = count === 1 ? 'an earlier tuning' : `${count} earlier tunings`;
  return `Measured in ${tunings} of this model here${settings}.`;
}

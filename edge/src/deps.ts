// What use cases are handed: each takes the part it needs as `Pick<Deps, …>` and reads nothing else of the world.
import { type Noun, newId } from '@tallrec/shared/ids';
import type { Env } from './env.ts';
import { type Links, openLinks } from './nodes/link-client.ts';
import { type Db, openDb } from './repo/db.ts';
import { fenceHolds } from './repo/fence.ts';
import type { CountTokens } from './services/datasets/preview.ts';
import { countTokens } from './services/scoring/count-tokens.ts';
import { type Drivers, openDrivers } from './workflows/drivers.ts';
import { startValidation } from './workflows/start-validation.ts';

export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
}

export interface Deps {
  db: Db;
  bucket: R2Bucket;
  clock: Clock;
  /** Under an Idempotency-Key it gives the same id each time, so that creating again creates nothing new. */
  newId(noun: Noun): string;
  secrets: { adminKey: string; signingSecret: string };
  /** Whether a job is still the business of the run that was given this fence. */
  fenceHolds(job: string, fence: number): Promise<boolean>;
  countTokens: CountTokens;
  /** Ways to the nodes. */
  links: Links;
  /** The Workflows of tunings and evaluations. */
  drivers: Drivers;
  durations: { retryWaitMs: number; ssePollMs: number; sseKeepAliveMs: number };
  /** Starts the validation of a dataset, or wakes one that fell asleep. */
  startValidation(dataset: string): Promise<void>;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

export function makeDeps(env: Env, clock: Clock = systemClock): Deps {
  const db = openDb(env.DB);
  const links = openLinks(env.NODE_LINK);
  return {
    db,
    bucket: env.BUCKET,
    clock,
    newId: (noun) => newId(noun, clock.nowMs()),
    secrets: { adminKey: env.ADMIN_KEY, signingSecret: env.SIGNING_SECRET },
    fenceHolds: (job, fence) => fenceHolds(db, job, fence),
    countTokens: (model, texts) => countTokens({ db, links }, model, texts),
    links,
    drivers: openDrivers({ tuning: env.TUNING, evaluation: env.EVALUATION }),
    durations: {
      retryWaitMs: env.RETRY_WAIT_MS,
      ssePollMs: env.SSE_POLL_MS,
      sseKeepAliveMs: env.SSE_KEEP_ALIVE_MS,
    },
    startValidation: (dataset) => startValidation(env.VALIDATION, dataset),
  };
}

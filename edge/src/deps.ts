// What use cases are handed: each takes the part it needs as `Pick<Deps, …>` and reads nothing else of the world.
import { type Noun, newId } from '@tallrec/shared/ids';
import type { Env } from './env.ts';
import { type Db, openDb } from './repo/db.ts';

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
}

export const systemClock: Clock = { nowMs: () => Date.now() };

export function makeDeps(env: Env, clock: Clock = systemClock): Deps {
  return {
    db: openDb(env.DB),
    bucket: env.BUCKET,
    clock,
    newId: (noun) => newId(noun, clock.nowMs()),
    secrets: { adminKey: env.ADMIN_KEY, signingSecret: env.SIGNING_SECRET },
  };
}

// Puts together what use cases are handed, from the Worker's bindings.
import { newId } from '@tallrec/shared/ids';
import type { Clock, Deps } from './deps.ts';
import type { Env } from './env.ts';
import { openFeeds } from './feeds/open-feeds.ts';
import { openLinks } from './nodes/open-links.ts';
import { openDb } from './repo/db.ts';
import { openJobDrivers, openValidations } from './workflows/instances.ts';

const systemClock: Clock = { nowMs: () => Date.now() };

export function makeDeps(env: Env, clock: Clock = systemClock): Deps {
  const db = openDb(env.DB);
  return {
    db,
    bucket: env.BUCKET,
    clock,
    newId: (noun) => newId(noun, clock.nowMs()),
    operatorSecret: env.OPERATOR_SECRET,
    signing: env.SIGNING_KEYS,
    links: openLinks(env.NODE_LINK),
    feeds: openFeeds(env.JOB_FEED, { db, bucket: env.BUCKET }),
    drivers: openJobDrivers(env.JOBS),
    validations: openValidations(env.VALIDATION),
    durations: {
      leaseMs: env.LEASE_MS,
      acceptMs: env.ACCEPT_MS,
      retryWaitMs: env.RETRY_WAIT_MS,
      nodeRequestTimeoutMs: env.NODE_REQUEST_TIMEOUT_MS,
      sseKeepAliveMs: env.SSE_KEEP_ALIVE_MS,
      checkpointUploadMs: env.CHECKPOINT_UPLOAD_MS,
      stepRetryMs: env.STEP_RETRY_MS,
    },
  };
}

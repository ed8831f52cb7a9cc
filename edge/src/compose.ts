// Puts together what use cases are handed, from the Worker's bindings.
import { newId } from '@tallrec/shared/ids';
import type { Clock, Deps, JobDrivers, Validations } from './deps.ts';
import type { Env, JobParams, ValidationParams } from './env.ts';
import { faultOf } from './faults.ts';
import { openFeeds } from './feeds/open-feeds.ts';
import { openLinks } from './nodes/links.ts';
import { openDb } from './repo/db.ts';

const systemClock: Clock = { nowMs: () => Date.now() };

const made = new WeakMap<Env, Deps>();

/** Once for all requests of an isolate. */
export function makeDeps(env: Env): Deps {
  const known = made.get(env);
  if (known) return known;
  const deps = makeDepsAt(env, systemClock);
  made.set(env, deps);
  return deps;
}

/** By another clock than the system's. */
export function makeDepsAt(env: Env, clock: Clock): Deps {
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

const ENDED = new Set<InstanceStatus['status']>(['complete', 'errored', 'terminated', 'unknown']);

function instancesOf<Params>(workflow: Workflow<Params>, event: string) {
  return {
    start: async (instance: string, params: Params) => {
      await workflow.create({ id: instance, params });
    },
    wake: async (instance: string) => {
      try {
        await (await workflow.get(instance)).sendEvent({ type: event, payload: {} });
      } catch (error) {
        // Not there any more: the sweep starts another one if it is still needed.
        console.warn(JSON.stringify({ instance, wake: faultOf(error) }));
      }
    },
    isAlive: async (instance: string) => {
      try {
        return !ENDED.has((await (await workflow.get(instance)).status()).status);
      } catch {
        return false;
      }
    },
  };
}

function openJobDrivers(workflow: Workflow<JobParams>): JobDrivers {
  const { start, wake, isAlive } = instancesOf(workflow, 'moved');
  return {
    start: (job, instance) => start(instance, { job }),
    wake: (_job, instance) => wake(instance),
    isAlive,
  };
}

function openValidations(workflow: Workflow<ValidationParams>): Validations {
  const { start, wake, isAlive } = instancesOf(workflow, 'wake');
  return { start: (dataset, instance) => start(instance, { dataset }), wake, isAlive };
}

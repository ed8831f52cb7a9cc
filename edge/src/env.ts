// The Worker's bindings and secrets: parsed once, the only place that knows their names.
import { LIMITS } from '@tallrec/shared/limits';
import { parseSigningRing } from '@tallrec/shared/signing';
import { z } from 'zod';
import type { JobFeedApi } from './feeds/feed-api.ts';
import type { RateLimiterApi } from './http/rate-limiter-api.ts';
import type { NodeLinkApi } from './nodes/links.ts';

function binding<T>(name: string, method: string) {
  return z.custom<T>(
    (value) => value !== null && typeof value === 'object' && typeof Reflect.get(value, method) === 'function',
    `the binding ${name} is missing: see wrangler.toml`,
  );
}

const secretFix = (name: string) => `set it with \`wrangler secret put ${name}\`, or in .dev.vars`;

function secret(name: string) {
  return z
    .string(`the secret ${name} is missing: ${secretFix(name)}`)
    .min(16, `the secret ${name} is too short: ${secretFix(name)}`);
}

/** A setting in milliseconds; tests make them shorter. */
function duration(defaultMs: number) {
  return z.coerce.number().int().min(0).default(defaultMs);
}

export interface JobParams {
  job: string;
}
export interface ValidationParams {
  dataset: string;
}

const envSchema = z.object({
  DB: binding<D1Database>('DB', 'prepare'),
  BUCKET: binding<R2Bucket>('BUCKET', 'put'),
  RATE_LIMITER: binding<DurableObjectNamespace<RateLimiterApi>>('RATE_LIMITER', 'idFromName'),
  NODE_LINK: binding<DurableObjectNamespace<NodeLinkApi>>('NODE_LINK', 'idFromName'),
  JOB_FEED: binding<DurableObjectNamespace<JobFeedApi>>('JOB_FEED', 'idFromName'),
  JOBS: binding<Workflow<JobParams>>('JOBS', 'create'),
  VALIDATION: binding<Workflow<ValidationParams>>('VALIDATION', 'create'),
  /** The dashboard; without it there is the API alone. */
  ASSETS: binding<Fetcher>('ASSETS', 'fetch').optional(),
  /** A node not heard of for as long has lost its job. */
  LEASE_MS: duration(LIMITS.leaseMs),
  /** A node that has not said within this whether it takes a job does not get it. */
  ACCEPT_MS: duration(LIMITS.acceptMs),
  NODE_REQUEST_TIMEOUT_MS: duration(LIMITS.nodeRequestTimeoutMs),
  /** How long a job whose nodes were lost waits for another. */
  RETRY_WAIT_MS: duration(24 * 60 * 60 * 1000),
  /** How often an open event stream says that it is still there. */
  SSE_KEEP_ALIVE_MS: duration(LIMITS.sseKeepAliveMs),
  /** Between two checkpoints of a job that its node sends. */
  CHECKPOINT_UPLOAD_MS: duration(LIMITS.checkpointUploadMs),
  /** Between two tries of a step that failed for reasons of the platform. */
  STEP_RETRY_MS: duration(30_000),
  /** Makes workspaces, their first keys, and nodes for all of them; it reads no data. */
  OPERATOR_SECRET: secret('OPERATOR_SECRET'),
  /** Signs upload and download URLs: `id:secret`, and behind it, by commas, those that still hold. */
  SIGNING_KEYS: z
    .string(`the secret SIGNING_KEYS is missing: ${secretFix('SIGNING_KEYS')}`)
    .transform((text, context) => {
      try {
        return parseSigningRing(text);
      } catch (error) {
        context.addIssue(`the secret SIGNING_KEYS cannot be used: ${(error as Error).message}`);
        return z.NEVER;
      }
    }),
});
export type Env = z.infer<typeof envSchema>;

const parsed = new WeakMap<object, Env>();

/** @throws Error that names each binding or secret that is missing */
export function parseEnv(bindings: object): Env {
  const known = parsed.get(bindings);
  if (known) return known;
  const result = envSchema.safeParse(bindings);
  if (!result.success) throw new Error(`Bad configuration: ${result.error.issues.map((i) => i.message).join('; ')}`);
  parsed.set(bindings, result.data);
  return result.data;
}

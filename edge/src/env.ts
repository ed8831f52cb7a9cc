// The Worker's bindings and secrets: parsed once, the only place that knows their names.
import { LIMITS } from '@tallrec/shared/limits';
import { z } from 'zod';
import type { RateLimiter } from './http/rate-limiter.ts';
import type { NodeLink } from './nodes/node-link.ts';
import type { JobParams } from './workflows/drive.ts';
import type { ValidationParams } from './workflows/validation.ts';

function binding<T>(name: string, method: string) {
  return z.custom<T>(
    (value) => value !== null && typeof value === 'object' && typeof Reflect.get(value, method) === 'function',
    `the binding ${name} is missing: see wrangler.toml`,
  );
}

function secret(name: string) {
  const fix = `set it with \`wrangler secret put ${name}\`, or in .dev.vars`;
  return z.string(`the secret ${name} is missing: ${fix}`).min(16, `the secret ${name} is too short: ${fix}`);
}

/** A setting in milliseconds; tests make them shorter. */
function duration(defaultMs: number) {
  return z.coerce.number().int().min(1).default(defaultMs);
}

const envSchema = z.object({
  DB: binding<D1Database>('DB', 'prepare'),
  BUCKET: binding<R2Bucket>('BUCKET', 'put'),
  RATE_LIMITER: binding<DurableObjectNamespace<RateLimiter>>('RATE_LIMITER', 'idFromName'),
  VALIDATION: binding<Workflow<ValidationParams>>('VALIDATION', 'create'),
  NODE_LINK: binding<DurableObjectNamespace<NodeLink>>('NODE_LINK', 'idFromName'),
  TUNING: binding<Workflow<JobParams>>('TUNING', 'create'),
  EVALUATION: binding<Workflow<JobParams>>('EVALUATION', 'create'),
  /** A node not heard of for as long has lost its job. */
  LEASE_MS: duration(LIMITS.leaseMs),
  NODE_REQUEST_TIMEOUT_MS: duration(LIMITS.nodeRequestTimeoutMs),
  /** How long a job whose node was lost waits for another. */
  RETRY_WAIT_MS: duration(5 * 60 * 1000),
  /** How often an open event stream looks for news, and says that it is still there. */
  SSE_POLL_MS: duration(500),
  SSE_KEEP_ALIVE_MS: duration(LIMITS.sseKeepAliveMs),
  /** Acts as an API key with every scope, to make the first keys with. */
  ADMIN_KEY: secret('ADMIN_KEY'),
  /** Signs upload and download URLs. */
  SIGNING_SECRET: secret('SIGNING_SECRET'),
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

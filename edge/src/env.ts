// The Worker's bindings and secrets: parsed once, the only place that knows their names.
import { z } from 'zod';
import type { RateLimiter } from './http/rate-limiter.ts';
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

const envSchema = z.object({
  DB: binding<D1Database>('DB', 'prepare'),
  BUCKET: binding<R2Bucket>('BUCKET', 'put'),
  RATE_LIMITER: binding<DurableObjectNamespace<RateLimiter>>('RATE_LIMITER', 'idFromName'),
  VALIDATION: binding<Workflow<ValidationParams>>('VALIDATION', 'create'),
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

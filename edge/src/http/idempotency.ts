// The Idempotency-Key header on POSTs that create.
import { z } from '@hono/zod-openapi';
import { invalidInput } from '@tallrec/shared/errors';
import { createMiddleware } from 'hono/factory';
import { claimIdempotencyKey, settleIdempotencyKey } from '../services/idempotency.ts';
import type { AppEnv } from './context.ts';

const keySchema = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'an Idempotency-Key has 1 to 200 visible ASCII characters');

/** For the `headers` of a contract. */
export const idempotencyHeaders = z.object({
  'idempotency-key': keySchema
    .optional()
    .openapi({ description: 'A repeated request under the same key gets the first answer and creates nothing.' }),
});

async function hashOf(method: string, path: string, body: ArrayBuffer): Promise<string> {
  const hash = new crypto.DigestStream('SHA-256');
  const writer = hash.getWriter();
  await writer.write(new TextEncoder().encode(`${method} ${path}\n`));
  await writer.write(body);
  await writer.close();
  return new Uint8Array(await hash.digest).toHex();
}

/** Stands behind `authenticated`: keys of different callers never meet. */
export const idempotent = createMiddleware<AppEnv>(async (c, next) => {
  const header = c.req.header('Idempotency-Key');
  if (header === undefined) return await next();
  const key = keySchema.safeParse(header);
  if (!key.success) throw invalidInput('Idempotency-Key', key.error);
  const { deps, caller } = c.var;
  const requestHash = await hashOf(c.req.method, c.req.path, await c.req.arrayBuffer());
  const claim = await claimIdempotencyKey(deps, { apiKey: caller.id, key: key.data, requestHash });
  if (!claim.run) {
    return c.body(claim.body, claim.status as 200, {
      'Content-Type': 'application/json',
      'Idempotency-Replayed': 'true',
    });
  }
  c.set('deps', { ...deps, newId: claim.newId });
  await next();
  await settleIdempotencyKey(deps, claim.row, { status: c.res.status, body: await c.res.clone().text() });
});

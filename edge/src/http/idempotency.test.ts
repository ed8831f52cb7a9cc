import { env } from 'cloudflare:workers';
import type { createdKeySchema } from '@tallrec/shared/wire/keys';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { call } from '../testing/client.ts';

type Created = z.infer<typeof createdKeySchema>;
const body = { name: 'web app', scopes: ['read'] };
const create = (key: string, sent: unknown = body) =>
  call<Created>('POST', '/v1/keys', { body: sent, headers: { 'Idempotency-Key': key } });

describe('Idempotency-Key', () => {
  it('gives the first answer again and creates nothing new', async () => {
    const first = await create('a');
    const again = await create('a');
    expect(first.status).toBe(201);
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect((await create('b')).body.apiKey.id).not.toBe(first.body.apiKey.id);
  });

  it('refuses another request under the same key', async () => {
    await create('c');
    const other = await call('POST', '/v1/keys', {
      body: { ...body, name: 'other' },
      headers: { 'Idempotency-Key': 'c' },
    });
    expect([other.status, other.body.error.code]).toEqual([409, 'IDEMPOTENCY_MISMATCH']);
  });

  it('leaves the key free when the request was refused', async () => {
    expect((await create('d', { name: 'no scopes' })).status).toBe(400);
    expect((await create('d')).status).toBe(201);
  });

  it('waits for a request at work, takes over one that died, and makes the same thing', async () => {
    const first = await create('e');
    const died = (claimedAt: number) =>
      env.DB.prepare('update idempotency_keys set status = null, body = null, claimed_at = ? where key = ?')
        .bind(claimedAt, 'e')
        .run();
    await died(Date.now());
    const early = await create('e');
    expect(early.status).toBe(409);
    expect(Number(early.headers.get('Retry-After'))).toBeGreaterThan(0);
    await died(Date.now() - 120_000);
    const late = await create('e');
    expect(late.status).toBe(201);
    expect(late.body.apiKey.id).toBe(first.body.apiKey.id);
    expect((await call('GET', '/v1/keys', { key: late.body.key })).status).toBe(403);
    expect((await call('GET', '/v1/keys', { key: first.body.key })).status).toBe(401);
  });

  it('keeps no key in the clear', async () => {
    const made = await create('f');
    const { results } = await env.DB.prepare('select * from idempotency_keys').all();
    expect(JSON.stringify(results)).not.toContain(made.body.key.slice(4));
  });
});

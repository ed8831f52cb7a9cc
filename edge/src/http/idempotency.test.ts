import { env } from 'cloudflare:workers';
import { parseSigningRing } from '@tallrec/shared/signing';
import type { createdKeySchema } from '@tallrec/shared/wire/keys';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { openDb } from '../repo/db.ts';
import { deleteClaimsBefore } from '../repo/idempotency.ts';
import { seal, unseal } from '../services/idempotency.ts';
import { call, newWorkspace } from '../testing/client.ts';

type Created = z.infer<typeof createdKeySchema>;
const body = { name: 'web app', scopes: ['read'] };
const create = (idempotencyKey: string, sent: unknown = body, key?: string) =>
  call<Created>('POST', '/v1/keys', {
    body: sent,
    headers: { 'Idempotency-Key': idempotencyKey },
    ...(key === undefined ? {} : { key }),
  });

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

  it('of one caller is not that of another', async () => {
    const first = await create('shared');
    const { id, key } = await newWorkspace();
    const other = await create('shared', body, key);
    expect(other.status).toBe(201);
    expect(other.body.apiKey).toMatchObject({ workspace: id });
    expect(other.body.apiKey.id).not.toBe(first.body.apiKey.id);
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

  it('can be repeated under a new signing key, as long as the old one is in the ring', async () => {
    const [before, both, after] = [
      'old:the-signing-secret-of-old',
      'new:a-signing-secret-that-is-new,old:the-signing-secret-of-old',
      'new:a-signing-secret-that-is-new',
    ].map(parseSigningRing);
    const sealed = await seal('the answer', before!);
    expect(sealed).not.toContain('answer');
    expect(await unseal(sealed, both!)).toBe('the answer');
    expect(await unseal(await seal('another', both!), after!)).toBe('another');
    await expect(unseal(sealed, after!)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is forgotten after its time, the oldest first', async () => {
    const count = async () =>
      (await env.DB.prepare("select key from idempotency_keys where key in ('g', 'h', 'i')").all()).results.length;
    for (const key of ['g', 'h', 'i']) await create(key);
    await env.DB.prepare("update idempotency_keys set created_at = 1000 where key in ('g', 'h')").run();
    await deleteClaimsBefore(openDb(env.DB), 2000, 1);
    expect(await count()).toBe(2);
    await deleteClaimsBefore(openDb(env.DB), 2000);
    expect(await count()).toBe(1);
  });
});

import { env } from 'cloudflare:workers';
import type { ApiKey } from '@tallrec/shared/wire/keys';
import type { ErrorBody } from '@tallrec/shared/wire/page';
import { describe, expect, it } from 'vitest';
import { call, defaultWorkspace, keyWith, newWorkspace, operator } from '../testing/client.ts';

type Created = { apiKey: ApiKey; key: string };
const DAY_MS = 24 * 3600 * 1000;
const create = (body: Record<string, unknown>) =>
  call<Created>('POST', '/v1/keys', { body: { name: 'test', scopes: ['read'], ...body } });
/** Any route that takes a key with `read`. */
const reads = async (key: string, headers = {}) => (await call('GET', '/v1/nodes', { key, headers })).status;
const inThePast = (id: string, column: 'expires_at' | 'old_hash_until' | 'last_used_at') =>
  env.DB.prepare(`update api_keys set ${column} = ? where id = ?`)
    .bind(Date.now() - DAY_MS, id)
    .run();

describe('keys', () => {
  it('are made, used, listed and revoked', async () => {
    const made = await create({ name: 'reader' });
    expect(made.status).toBe(201);
    expect(made.body.key).toMatch(/^tlr_[\w-]{43}$/);
    const { apiKey, key } = made.body;
    expect(apiKey).toMatchObject({
      workspace: (await defaultWorkspace()).id,
      createdBy: expect.stringMatching(/^key_/),
      requestsPerMinute: 600,
      origins: null,
      expiresAt: null,
      lastUsedAt: null,
      overlapEndsAt: null,
      revokedAt: null,
    });
    expect((await call('GET', '/v1/keys', { key })).body.error.code).toBe('FORBIDDEN');
    expect(await reads(key)).toBe(200);

    const revoked = await call<ApiKey>('DELETE', `/v1/keys/${apiKey.id}`);
    expect(revoked.body.revokedAt).not.toBeNull();
    expect((await call<ApiKey>('DELETE', `/v1/keys/${apiKey.id}`)).body.revokedAt).toBe(revoked.body.revokedAt);
    const refused = await call('GET', '/v1/nodes', { key });
    expect([refused.status, refused.body.error.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect((await call('DELETE', '/v1/keys/key_01jd3x6k8w5v0e9s2m4q7r1tza')).status).toBe(404);
  });

  it('are kept as a hash only', async () => {
    const key = await keyWith(['read']);
    const { results } = await env.DB.prepare('select * from api_keys').all();
    expect(JSON.stringify(results)).not.toContain(key.slice(12));
  });

  it('come in pages, newest first, each once', async () => {
    const { key, id } = await newWorkspace();
    for (let made = 0; made < 5; made++) await keyWith(['read'], 600, id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const path: string = `/v1/keys?limit=2${cursor ? `&cursor=${cursor}` : ''}`;
      const { body } = await call<{ items: ApiKey[]; nextCursor: string | null }>('GET', path, { key });
      seen.push(...body.items.map((item) => item.id));
      cursor = body.nextCursor;
    } while (cursor);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
    // With the workspace's first key, and the one of this test.
    expect(seen).toHaveLength(7);
  });

  it('say in headers how many requests are left, and answer 429 with Retry-After when they ask too often', async () => {
    const key = await keyWith(['admin'], 3);
    const answers = [];
    for (let sent = 0; sent < 4; sent++) answers.push(await call('GET', '/v1/keys', { key }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('RateLimit-Remaining'))).toEqual(['2', '1', '0', '0']);
    const limited = answers[3]!;
    expect(limited.headers.get('RateLimit-Limit')).toBe('3');
    expect(Number(limited.headers.get('RateLimit-Reset'))).toBeGreaterThan(20);
    expect(Number(limited.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(limited.body.error).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
  });

  it('hold until they expire, also where they were found a moment ago', async () => {
    expect((await create({ expiresAt: '2020-01-01T00:00:00Z' })).body).toMatchObject({
      error: { code: 'VALIDATION_FAILED', message: expect.stringContaining('body.expiresAt') },
    });
    const expiresAt = new Date(Date.now() + DAY_MS).toISOString();
    const { apiKey, key } = (await create({ expiresAt, scopes: ['admin'] })).body;
    expect(apiKey.expiresAt).toBe(expiresAt);
    expect((await call('GET', '/v1/keys', { key })).status).toBe(200);
    await inThePast(apiKey.id, 'expires_at');
    const late = await call('GET', '/v1/keys', { key });
    expect([late.status, late.body.error.message]).toEqual([401, expect.stringMatching(/expired on \d{4}-/)]);
    const rotated = await call('POST', `/v1/keys/${apiKey.id}/rotate`, { body: {} });
    expect([rotated.status, rotated.body.error.code]).toEqual([409, 'ILLEGAL_STATE']);
  });

  it('are rotated: both secrets hold for the overlap, then the new one alone', async () => {
    const { apiKey, key } = (await create({ scopes: ['admin'] })).body;
    const admin = async (secret: string) => (await call('GET', '/v1/keys', { key: secret })).status;
    const rotated = await call<Created>('POST', `/v1/keys/${apiKey.id}/rotate`, { body: { overlapSeconds: 60 } });
    expect(rotated.status).toBe(200);
    expect(rotated.body.apiKey).toMatchObject({ id: apiKey.id, overlapEndsAt: expect.any(String) });
    expect([await admin(key), await admin(rotated.body.key)]).toEqual([200, 200]);
    await inThePast(apiKey.id, 'old_hash_until');
    expect([await admin(key), await admin(rotated.body.key)]).toEqual([401, 200]);

    const atOnce = await call<Created>('POST', `/v1/keys/${apiKey.id}/rotate`, { body: { overlapSeconds: 0 } });
    expect(atOnce.body.apiKey.overlapEndsAt).toBeNull();
    expect([await admin(rotated.body.key), await admin(atOnce.body.key)]).toEqual([401, 200]);
    await call('DELETE', `/v1/keys/${apiKey.id}`);
    expect(await admin(atOnce.body.key)).toBe(401);
    expect((await call('POST', `/v1/keys/${apiKey.id}/rotate`, { body: {} })).body.error.code).toBe('ILLEGAL_STATE');
  });

  it('are forgotten at once where they are revoked or rotated, also for reading', async () => {
    const first = (await create({})).body;
    expect([await reads(first.key), await reads(first.key)]).toEqual([200, 200]);
    const next = await call<Created>('POST', `/v1/keys/${first.apiKey.id}/rotate`, { body: { overlapSeconds: 0 } });
    expect([await reads(first.key), await reads(next.body.key)]).toEqual([401, 200]);
    await call('DELETE', `/v1/keys/${first.apiKey.id}`);
    expect(await reads(next.body.key)).toBe(401);
  });

  it('leave a workspace one that can make others, unless the operator says so', async () => {
    const { id: workspace, key } = await newWorkspace();
    const list = async () => (await call<{ items: ApiKey[] }>('GET', '/v1/keys', { key })).body.items;
    const [own, first] = await list();
    await call('POST', '/v1/keys', { key, body: { name: 'reader', scopes: ['read'] } });
    const expired = await operator<Created>('POST', '/v1/keys', { body: { name: 'x', scopes: ['admin'], workspace } });
    await inThePast(expired.body.apiKey.id, 'expires_at');
    const revoke = async (id: string, as = key) => {
      const { status, body } = await call<ApiKey & ErrorBody>('DELETE', `/v1/keys/${id}`, { key: as });
      return [status, body.error?.code ?? body.revokedAt];
    };
    expect(await revoke(first!.id)).toEqual([200, expect.any(String)]);
    // Neither one that has expired nor one that only reads could make another.
    expect(await revoke(own!.id)).toEqual([409, 'ILLEGAL_STATE']);
    expect(await revoke(first!.id)).toEqual([200, expect.any(String)]);
    expect((await list()).find(({ id }) => id === own!.id)!.revokedAt).toBeNull();
    expect(await revoke(expired.body.apiKey.id)).toEqual([200, expect.any(String)]);
    // It goes once there is another.
    const next = await call<Created>('POST', '/v1/keys', { key, body: { name: 'next', scopes: ['admin'] } });
    expect(await revoke(own!.id)).toEqual([200, expect.any(String)]);
    expect(await revoke(next.body.apiKey.id, next.body.key)).toEqual([409, 'ILLEGAL_STATE']);
    expect(await revoke(next.body.apiKey.id, env.OPERATOR_SECRET)).toEqual([200, expect.any(String)]);
    expect(await revoke('key_01jd3x6k8w5v0e9s2m4q7r1tza', env.OPERATOR_SECRET)).toEqual([404, 'NOT_FOUND']);
    expect((await call('GET', '/v1/keys', { key: next.body.key })).status).toBe(401);
  });

  it('with origins hold for their own web pages alone, which may read the answers', async () => {
    const origin = 'https://shop.example';
    const { key, apiKey } = (await create({ origins: [origin], scopes: ['read', 'score'] })).body;
    expect(apiKey.origins).toEqual([origin]);
    const from = (value?: string) =>
      call('GET', '/v1/nodes', { key, headers: value === undefined ? {} : { Origin: value } });
    const own = await from(origin);
    expect([own.status, own.headers.get('Access-Control-Allow-Origin')]).toEqual([200, origin]);
    expect(own.headers.get('Vary')).toContain('Origin');
    for (const other of [await from('https://thief.example'), await from('null'), await from()]) {
      expect([other.status, other.body.error.code]).toEqual([403, 'FORBIDDEN']);
    }
    const strong = await create({ origins: [origin], scopes: ['admin'] });
    expect(strong.body).toMatchObject({ error: { code: 'VALIDATION_FAILED' } });
  });

  it('show when they were last used, to within some minutes', async () => {
    const { apiKey, key } = (await create({})).body;
    const lastUsedAt = async () => (await call<ApiKey>('GET', `/v1/keys/${apiKey.id}`)).body.lastUsedAt;
    expect(await lastUsedAt()).toBeNull();
    await reads(key);
    await expect.poll(lastUsedAt, { timeout: 5000 }).not.toBeNull();
  });

  it('are made by the operator for a workspace that exists, and by a key for its own', async () => {
    const body = { name: 'test', scopes: ['read'] };
    const nowhere = await operator('POST', '/v1/keys', { body });
    expect(nowhere).toMatchObject({ status: 400, body: { error: { code: 'VALIDATION_FAILED' } } });
    const workspace = 'ws_01jd3x6k8w5v0e9s2m4q7r1tza';
    expect((await operator('POST', '/v1/keys', { body: { ...body, workspace } })).status).toBe(404);
    const { id } = await newWorkspace();
    const made = await operator<Created>('POST', '/v1/keys', { body: { ...body, workspace: id } });
    expect(made.body.apiKey).toMatchObject({ workspace: id, createdBy: 'operator' });
    expect((await call('POST', '/v1/keys', { body: { ...body, workspace: id } })).status).toBe(404);
    const own = (await defaultWorkspace()).id;
    expect((await call('POST', '/v1/keys', { body: { ...body, workspace: own } })).status).toBe(201);
  });
});

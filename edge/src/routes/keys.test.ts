import { env } from 'cloudflare:workers';
import type { ApiKey } from '@tallrec/shared/wire/keys';
import { describe, expect, it } from 'vitest';
import { call, keyWith } from '../testing/client.ts';

describe('keys', () => {
  it('are made, used, listed and revoked', async () => {
    const made = await call<{ apiKey: ApiKey; key: string }>('POST', '/v1/keys', {
      body: { name: 'reader', scopes: ['read'] },
    });
    expect(made.status).toBe(201);
    expect(made.body.key).toMatch(/^tlr_[\w-]{43}$/);
    expect(made.body.apiKey).toMatchObject({ requestsPerMinute: 600, revokedAt: null });
    expect((await call('GET', '/v1/keys', { key: made.body.key })).body.error.code).toBe('FORBIDDEN');

    const revoked = await call<ApiKey>('DELETE', `/v1/keys/${made.body.apiKey.id}`);
    expect(revoked.body.revokedAt).not.toBeNull();
    const refused = await call('GET', '/v1/keys', { key: made.body.key });
    expect([refused.status, refused.body.error.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect((await call('DELETE', '/v1/keys/key_01jd3x6k8w5v0e9s2m4q7r1tza')).status).toBe(404);
  });

  it('are kept as a hash only', async () => {
    const key = await keyWith(['read']);
    const { results } = await env.DB.prepare('select * from api_keys').all();
    expect(JSON.stringify(results)).not.toContain(key.slice(12));
  });

  it('come in pages, newest first, each once', async () => {
    for (let made = 0; made < 5; made++) await keyWith(['read']);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body }: { body: { items: ApiKey[]; nextCursor: string | null } } = await call(
        'GET',
        `/v1/keys?limit=2${cursor ? `&cursor=${cursor}` : ''}`,
      );
      seen.push(...body.items.map((item) => item.id));
      cursor = body.nextCursor;
    } while (cursor);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
    expect(seen.length).toBeGreaterThanOrEqual(5);
  });

  it('answer 429 with Retry-After when they ask too often', async () => {
    const key = await keyWith(['admin'], 3);
    const statuses = [];
    for (let sent = 0; sent < 4; sent++) statuses.push((await call('GET', '/v1/keys', { key })).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const limited = await call('GET', '/v1/keys', { key });
    expect(Number(limited.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(limited.body.error).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
  });
});

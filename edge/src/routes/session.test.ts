import { LIMITS } from '@tallrec/shared/limits';
import type { AuditEntry } from '@tallrec/shared/wire/audit';
import type { ErrorBody } from '@tallrec/shared/wire/page';
import type { Session, SignInLink } from '@tallrec/shared/wire/session';
import { describe, expect, it } from 'vitest';
import { type Answer, call, keyWith, newWorkspace } from '../testing/client.ts';

const own = { Origin: 'https://edge.test' };

/** As a browser on a page of the edge sends it. */
const browse = <T>(method: string, path: string, cookie: string | null, body?: object, headers = own) =>
  call<T>(method, path, {
    key: null,
    headers: { ...headers, ...(cookie === null ? {} : { Cookie: cookie }) },
    ...(body ? { body } : {}),
  });

function cookieOf({ headers }: Answer<unknown>): string {
  return headers.get('Set-Cookie')!.split(';')[0]!;
}

async function signedIn(key: string) {
  const answer = await browse<Session>('POST', '/v1/session', null, { key });
  expect(answer.status).toBe(200);
  return { cookie: cookieOf(answer), session: answer.body, answer };
}

describe('signing in', () => {
  it('exchanges a key for a cookie that no script can read, and which may what the key may', async () => {
    const { cookie, session, answer } = await signedIn(await keyWith(['read']));
    expect(answer.headers.get('Set-Cookie')).toMatch(
      /^tallrec_session=tlr_session_[\w-]{43}; Path=\/v1; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(session).toMatchObject({ workspace: { name: 'default' }, key: { name: 'test' }, scopes: ['read'] });
    const lasts = Date.parse(session.expiresAt) - Date.now();
    expect(Math.abs(lasts - LIMITS.sessionMs)).toBeLessThan(60_000);

    expect((await browse('GET', '/v1/session', cookie)).body).toEqual(session);
    expect((await browse('GET', '/v1/datasets', cookie)).status).toBe(200);
    expect((await browse('POST', '/v1/tunings', cookie, {})).status).toBe(403);
  });

  it('is in the audit, by the key that signed in', async () => {
    const { key } = await newWorkspace();
    await signedIn(key);
    const { body } = await call<{ items: AuditEntry[] }>('GET', '/v1/audit?limit=1', { key });
    const [entry] = body.items;
    expect(entry).toMatchObject({ action: 'session.create', details: { by: 'key' } });
    expect([entry!.actor, entry!.subject]).toEqual([expect.stringMatching(/^key_/), entry!.actor]);
  });

  it('takes no key that does not hold, and none of web pages', async () => {
    for (const key of ['tlr_unknown', 'nothing']) {
      expect((await browse('POST', '/v1/session', null, { key })).status).toBe(401);
    }
    const shown = await call<{ key: string }>('POST', '/v1/keys', {
      body: { name: 'page', scopes: ['score'], origins: ['https://shop.example'] },
    });
    const refused = await browse('POST', '/v1/session', null, { key: shown.body.key });
    expect([refused.status, refused.headers.get('Set-Cookie')]).toEqual([403, null]);
  });

  it('ends when somebody signs out, and with its key', async () => {
    const made = await call<{ key: string; apiKey: { id: string } }>('POST', '/v1/keys', {
      body: { name: 'short', scopes: ['read'] },
    });
    const [first, second] = [await signedIn(made.body.key), await signedIn(made.body.key)];
    const out = await browse('DELETE', '/v1/session', first.cookie);
    expect([out.status, out.headers.get('Set-Cookie')]).toEqual([
      204,
      expect.stringMatching(/^tallrec_session=; Max-Age=0/),
    ]);
    expect((await browse('GET', '/v1/session', first.cookie)).status).toBe(401);
    expect((await browse('GET', '/v1/datasets', first.cookie)).status).toBe(401);
    expect((await browse('GET', '/v1/datasets', second.cookie)).status).toBe(200);
    await call('DELETE', `/v1/keys/${made.body.apiKey.id}`);
    expect((await browse('GET', '/v1/datasets', second.cookie)).status).toBe(401);
    expect((await browse('GET', '/v1/session', second.cookie)).status).toBe(401);
  });

  it('is heard from its own pages alone', async () => {
    const { cookie } = await signedIn(await keyWith(['datasets:write', 'read']));
    const dataset = { name: 'of the session', kind: 'samples', bytes: 10 };
    const create = (headers: Record<string, string>) =>
      call('POST', '/v1/datasets', { key: null, headers: { Cookie: cookie, ...headers }, body: dataset });
    expect((await create({})).status).toBe(403);
    expect((await create({ Origin: 'https://shop.edge.test' })).status).toBe(403);
    expect((await create({ ...own, 'Sec-Fetch-Site': 'same-site' })).status).toBe(403);
    expect((await create({ ...own, 'Sec-Fetch-Site': 'same-origin' })).status).not.toBe(403);
    const read = (headers: Record<string, string>) =>
      call('GET', '/v1/datasets', { key: null, headers: { Cookie: cookie, ...headers } });
    expect((await read({ Origin: 'https://evil.example' })).status).toBe(403);
    expect((await read({ 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await read({})).status).toBe(200);
  });

  it('takes a link once, as the key that made it', async () => {
    const key = await keyWith(['read', 'score']);
    const { status, body } = await call<SignInLink>('POST', '/v1/session/links', { key });
    expect(status).toBe(201);
    const url = new URL(body.url);
    expect([url.origin, url.pathname]).toEqual(['https://edge.test', '/sign-in']);
    const link = url.searchParams.get('link')!;
    const used = await browse<Session>('POST', '/v1/session', null, { link });
    expect([used.status, used.body.scopes]).toEqual([200, ['read', 'score']]);
    const again = await browse<ErrorBody>('POST', '/v1/session', null, { link });
    expect([again.status, again.body.error.message]).toEqual([401, expect.stringMatching(/was used/)]);
    expect((await browse('POST', '/v1/session', null, { key: link })).status).toBe(401);
  });

  it('gives way to a key that the request shows', async () => {
    const { cookie } = await signedIn(await keyWith(['read']));
    const answer = await call('GET', '/v1/datasets', { key: 'tlr_unknown', headers: { Cookie: cookie, ...own } });
    expect(answer.status).toBe(401);
  });
});

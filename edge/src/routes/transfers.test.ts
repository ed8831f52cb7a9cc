import { env, exports } from 'cloudflare:workers';
import { newId } from '@tallrec/shared/ids';
import { type Grant, signGrant } from '@tallrec/shared/signing';
import { beforeAll, describe, expect, it } from 'vitest';
import { put, sha256 } from '../testing/datasets.ts';

const soon = () => Date.now() + 60_000;
const urlOf = async (grant: Grant) => `https://edge.test/v1/transfers/${await signGrant(grant, env.SIGNING_SECRET)}`;
const textOf = async (response: Response) => new TextDecoder().decode(await response.arrayBuffer());
const content = new TextEncoder().encode('0123456789');

describe('downloads', () => {
  beforeAll(async () => {
    await env.BUCKET.put('tried/file.bin', content);
  });
  const get = async (headers: Record<string, string> = {}, key = 'tried/file.bin', exp = soon()) =>
    await exports.default.fetch(new Request(await urlOf({ op: 'get', key, exp }), { headers }));

  it('give the whole, a range, or nothing new', async () => {
    const whole = await get();
    expect([whole.status, whole.headers.get('Content-Length'), await textOf(whole)]).toEqual([200, '10', '0123456789']);
    expect(whole.headers.get('X-Content-Type-Options')).toBe('nosniff');
    const part = await get({ Range: 'bytes=2-4' });
    expect([part.status, part.headers.get('Content-Range'), await textOf(part)]).toEqual([206, 'bytes 2-4/10', '234']);
    const end = await get({ Range: 'bytes=-3' });
    expect([end.status, end.headers.get('Content-Range'), await textOf(end)]).toEqual([206, 'bytes 7-9/10', '789']);
    expect((await get({ 'If-None-Match': whole.headers.get('ETag')! })).status).toBe(304);
  });

  it('end with their token, and with their bytes', async () => {
    const old = await get({}, 'tried/file.bin', Date.now() - 1);
    expect([old.status, (await old.json<{ error: { code: string } }>()).error.code]).toEqual([401, 'TOKEN_EXPIRED']);
    expect((await get({}, 'tried/nothing')).status).toBe(404);
  });
});

describe('a node’s results', () => {
  const job = newId('tuning', Date.now());
  const key = `tried/${job}`;
  const result = (fence: number, maxBytes = 100) => urlOf({ op: 'put-result', key, maxBytes, job, fence, exp: soon() });

  beforeAll(async () => {
    await env.DB.prepare(
      "insert into tunings (id, name, state, model, dataset, settings, fence, created_at, updated_at) values (?,'t','running','m','ds','{}',3,0,0)",
    )
      .bind(job)
      .run();
  });

  it('are taken while the fence holds, within their size, with their SHA-256 checked', async () => {
    for (const stale of [2, 4]) {
      const refused = await put(await result(stale), content);
      expect([refused.status, refused.body.error.code]).toEqual([409, 'STALE_FENCE']);
    }
    expect((await put(await result(3, 9), content)).body.error.code).toBe('TOO_LARGE');
    const wrong = await put(await result(3), content, { 'X-Content-SHA256': '0'.repeat(64) });
    expect([wrong.status, wrong.body.error.code]).toEqual([422, 'CHECKSUM_MISMATCH']);
    expect(await env.BUCKET.head(key)).toBeNull();
    const digest = await sha256(content);
    expect((await put(await result(3), content, { 'X-Content-SHA256': digest })).status).toBe(200);
    const stored = await env.BUCKET.head(key);
    expect(new Uint8Array(stored!.checksums.sha256!).toHex()).toBe(digest);
  });
});

import { env, exports } from 'cloudflare:workers';
import { newId } from '@tallrec/shared/ids';
import { LIMITS } from '@tallrec/shared/limits';
import { type Grant, signGrant } from '@tallrec/shared/signing';
import type { ErrorBody } from '@tallrec/shared/wire/page';
import type { AnnouncedResult } from '@tallrec/shared/wire/uploads';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseEnv } from '../env.ts';
import { places } from '../storage/places.ts';
import { call } from '../testing/client.ts';
import { createDataset, put, sha256 } from '../testing/datasets.ts';

const ring = parseEnv(env).SIGNING_KEYS;
const soon = () => Date.now() + 60_000;
const pathOf = async (grant: Grant, keys = ring) => `/v1/transfers/${await signGrant(grant, keys)}`;
const urlOf = async (grant: Grant) => `https://edge.test${await pathOf(grant)}`;
const textOf = async (response: Response) => new TextDecoder().decode(await response.arrayBuffer());
const codeOf = async (response: Response) => [response.status, (await response.json<ErrorBody>()).error.code];
const content = new TextEncoder().encode('0123456789');
const WORKSPACE = 'ws_transfers';

let jobs = 0;
async function jobRow(state: string, fence: number): Promise<string> {
  const job = newId('tuning', Date.now() + jobs++);
  await env.DB.prepare(
    "insert into jobs (id, workspace, kind, name, state, spec, fence, created_by, created_at, updated_at) values (?,?,'tuning','t',?,'{}',?,'key_x',0,0)",
  )
    .bind(job, WORKSPACE, state, fence)
    .run();
  return job;
}

describe('downloads', () => {
  beforeAll(async () => {
    await env.BUCKET.put('tried/file.bin', content);
    await env.BUCKET.put('tried/empty', '');
  });
  const get = async (headers: Record<string, string> = {}, key = 'tried/file.bin', exp = soon()) =>
    await exports.default.fetch(new Request(await urlOf({ op: 'get', key, exp }), { headers }));

  it('give the whole or a range', async () => {
    const whole = await get();
    expect([whole.status, whole.headers.get('Content-Length'), await textOf(whole)]).toEqual([200, '10', '0123456789']);
    expect(whole.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(whole.headers.get('Content-Disposition')).toBe('attachment; filename="file.bin"');
    for (const [range, served, text] of [
      ['bytes=2-4', 'bytes 2-4/10', '234'],
      ['bytes=7-', 'bytes 7-9/10', '789'],
      ['bytes=8-100', 'bytes 8-9/10', '89'],
      ['bytes=-3', 'bytes 7-9/10', '789'],
      ['bytes=-30', 'bytes 0-9/10', '0123456789'],
    ] as const) {
      const part = await get({ Range: range });
      expect([part.status, part.headers.get('Content-Range'), await textOf(part)]).toEqual([206, served, text]);
      expect(part.headers.get('Content-Length')).toBe(String(text.length));
    }
    for (const Range of ['bytes=4-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=-']) {
      expect(await textOf(await get({ Range }))).toBe('0123456789');
    }
  });

  it('refuse a range that lies beyond, with the size', async () => {
    for (const [range, key, size] of [
      ['bytes=10-', 'tried/file.bin', 10],
      ['bytes=50-60', 'tried/file.bin', 10],
      ['bytes=-0', 'tried/file.bin', 10],
      ['bytes=0-', 'tried/empty', 0],
    ] as const) {
      const beyond = await get({ Range: range }, key);
      expect(beyond.headers.get('Content-Range')).toBe(`bytes */${size}`);
      expect(await codeOf(beyond)).toEqual([416, 'RANGE_NOT_SATISFIABLE']);
    }
  });

  it('go by the conditions of the request', async () => {
    const whole = await get();
    const [etag, at] = [whole.headers.get('ETag')!, whole.headers.get('Last-Modified')!];
    const long = (days: number) => new Date(Date.parse(at) + days * 86_400_000).toUTCString();
    const status = async (headers: Record<string, string>) => {
      const response = await get(headers);
      await response.arrayBuffer();
      return response.status;
    };
    expect(await status({ 'If-None-Match': etag })).toBe(304);
    expect(await status({ 'If-None-Match': `"other", W/${etag}` })).toBe(304);
    expect(await status({ 'If-None-Match': '"other"' })).toBe(200);
    expect(await status({ 'If-Modified-Since': at })).toBe(304);
    expect(await status({ 'If-Modified-Since': long(-1) })).toBe(200);
    expect(await status({ 'If-Match': '*' })).toBe(200);
    expect(await status({ 'If-Match': etag, Range: 'bytes=0-1' })).toBe(206);
    expect(await status({ 'If-Unmodified-Since': long(1) })).toBe(200);
    expect(await codeOf(await get({ 'If-Match': '"other"' }))).toEqual([412, 'PRECONDITION_FAILED']);
    expect(await codeOf(await get({ 'If-Unmodified-Since': long(-1) }))).toEqual([412, 'PRECONDITION_FAILED']);
    expect(await status({ 'If-Range': etag, Range: 'bytes=0-1' })).toBe(206);
    expect(await status({ 'If-Range': '"other"', Range: 'bytes=0-1' })).toBe(200);
  });

  it('end with their token, and with their bytes', async () => {
    expect(await codeOf(await get({}, 'tried/file.bin', Date.now() - 1))).toEqual([401, 'TOKEN_EXPIRED']);
    expect((await get({}, 'tried/nothing')).status).toBe(404);
  });

  it('hold under the signing key before the last rotation too', async () => {
    const old = await pathOf({ op: 'get', key: 'tried/file.bin', exp: soon() }, [ring[1]!]);
    expect(await textOf(await exports.default.fetch(new Request(`https://edge.test${old}`)))).toBe('0123456789');
  });

  it('of a job’s input outlast the clock and end with the fence', async () => {
    const job = await jobRow('running', 3);
    const read = async (fence: number) =>
      await exports.default.fetch(new Request(await urlOf({ op: 'get-input', key: 'tried/file.bin', job, fence })));
    expect(await textOf(await read(3))).toBe('0123456789');
    expect(await codeOf(await read(2))).toEqual([409, 'STALE_FENCE']);
    await env.DB.prepare("update jobs set state = 'cancelled' where id = ?").bind(job).run();
    expect(await codeOf(await read(3))).toEqual([409, 'STALE_FENCE']);
  });
});

describe('uploads', () => {
  it('refuse a body that no platform takes, before reading it', async () => {
    const { body } = await createDataset({ name: 'x', kind: 'items', format: 'csv', bytes: 10 });
    const { readable } = new FixedLengthStream(LIMITS.bodyBytes + 1);
    const large = await exports.default.fetch(new Request(body.upload.url, { method: 'PUT', body: readable }));
    expect(await codeOf(large)).toEqual([413, 'TOO_LARGE']);
  });

  it('take no token for anything else', async () => {
    const { body } = await createDataset({ name: 'x', kind: 'items', format: 'csv', bytes: content.length });
    const reading = await urlOf({ op: 'get', key: 'tried/file.bin', exp: soon() });
    expect((await put(reading, content)).body.error.code).toBe('FORBIDDEN');
    const announced = { file: 'report.json', bytes: 1, sha256: '0'.repeat(64) };
    const posted = await call('POST', new URL(body.upload.url).pathname, { key: null, body: announced });
    expect(posted.body.error.code).toBe('FORBIDDEN');
  });
});

describe('a node’s results', () => {
  const announce = async (job: string, fence: number, body: object) =>
    await call<AnnouncedResult & ErrorBody>('POST', await pathOf({ op: 'put-results', job, fence }), {
      key: null,
      body,
    });
  const complete = async (job: string, fence: number, upload: string) =>
    await call<AnnouncedResult & ErrorBody>('POST', `${await pathOf({ op: 'put-results', job, fence })}/complete`, {
      key: null,
      body: { upload },
    });
  const file = async (name = 'report.json') => ({ file: name, bytes: content.length, sha256: await sha256(content) });
  const send = (path: string, bytes = content, headers = {}) => put(`https://edge.test${path}`, bytes, headers);

  it('are announced, sent and completed, each step again without harm', async () => {
    const job = await jobRow('running', 3);
    const { body } = await announce(job, 3, await file());
    expect(body).toMatchObject({ done: false, parts: [{ part: 1, bytes: 10 }] });
    const wrong = await send(body.parts[0]!.path, content.toReversed());
    expect([wrong.status, wrong.body.error.code]).toEqual([422, 'CHECKSUM_MISMATCH']);
    expect((await complete(job, 3, body.upload)).body.error.code).toBe('ILLEGAL_STATE');
    expect((await send(body.parts[0]!.path, content, { 'X-Content-SHA256': await sha256(content) })).status).toBe(200);
    expect((await announce(job, 3, await file())).body).toMatchObject({ upload: body.upload, done: false, parts: [] });
    for (const _ of ['once', 'again']) {
      expect((await complete(job, 3, body.upload)).body).toMatchObject({ done: true, parts: [] });
    }
    expect((await announce(job, 3, await file())).body.done).toBe(true);
    const key = places.jobResult(WORKSPACE, job, 3, 'report.json');
    expect(await (await env.BUCKET.get(key))!.text()).toBe('0123456789');
    const checkpoint = await announce(job, 3, await file('checkpoint-20/adapter.safetensors'));
    expect(checkpoint.status).toBe(200);
  });

  it('are refused under any other fence, at each step', async () => {
    const job = await jobRow('running', 3);
    for (const fence of [2, 4]) {
      const refused = await announce(job, fence, await file());
      expect([refused.status, refused.body.error.code]).toEqual([409, 'STALE_FENCE']);
    }
    const { body } = await announce(job, 3, await file());
    await env.DB.prepare('update jobs set fence = 4 where id = ?').bind(job).run();
    expect((await send(body.parts[0]!.path)).body.error.code).toBe('STALE_FENCE');
    expect((await complete(job, 3, body.upload)).body.error.code).toBe('STALE_FENCE');
    expect((await complete(job, 4, body.upload)).body.error.code).toBe('NOT_FOUND');
  });

  it.each([
    ['queued', 200],
    ['dispatched', 200],
    ['publishing', 200],
    ['failed', 200],
    ['succeeded', 409],
    ['cancelled', 409],
    ['deleting', 409],
  ])('of a job that is %s: %i', async (state, status) => {
    expect((await announce(await jobRow(state, 1), 1, await file())).status).toBe(status);
  });

  it('lie in the place of their run, whatever their name is', async () => {
    const job = await jobRow('running', 1);
    for (const name of ['../x', 'a/../../x', '/x', 'a/b/c', '', '.hidden', 'a//b', 'x'.repeat(101)]) {
      expect([name, (await announce(job, 1, await file(name))).body.error?.code]).toEqual([name, 'VALIDATION_FAILED']);
    }
  });

  it('of no bytes can be completed at once', async () => {
    const job = await jobRow('running', 1);
    const empty = { file: 'predictions.jsonl', bytes: 0, sha256: await sha256(new Uint8Array()) };
    const { body } = await announce(job, 1, empty);
    expect(body.parts).toEqual([]);
    expect((await complete(job, 1, body.upload)).body.done).toBe(true);
  });
});

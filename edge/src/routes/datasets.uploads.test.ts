import { env } from 'cloudflare:workers';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { describe, expect, it } from 'vitest';
import { places } from '../storage/places.ts';
import { call, defaultWorkspace } from '../testing/client.ts';
import { createDataset, put, sha256 } from '../testing/datasets.ts';

const placeOf = async (id: string) => places.dataset((await defaultWorkspace()).id, id);
const encode = (text: string) => new TextEncoder().encode(text);

describe('uploads', () => {
  const content = encode('{"instruction":"a","output":"b"}\n');
  const announce = async (more = {}) =>
    (await createDataset({ name: 'x', kind: 'instructions', format: 'jsonl', bytes: content.length, ...more })).body;

  it('keep nothing of bytes with the wrong SHA-256 or length, and may be repeated', async () => {
    const { dataset, upload } = await announce({ sha256: await sha256(content) });
    const wrong = await put(upload.url, content.toReversed());
    expect([wrong.status, wrong.body.error.code]).toEqual([422, 'CHECKSUM_MISMATCH']);
    const short = await put(upload.url, content.slice(1));
    expect([short.status, short.body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(await env.BUCKET.head(`${await placeOf(dataset.id)}raw`)).toBeNull();
    expect((await call('POST', `/v1/datasets/${dataset.id}/complete`, { body: {} })).body.error.code).toBe(
      'ILLEGAL_STATE',
    );
    expect((await put(upload.url, content)).status).toBe(200);
    expect((await put(upload.url, content)).status).toBe(200);
  });

  it('need Content-Length', async () => {
    const { upload } = await announce();
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const answer = put(upload.url, readable as unknown as Uint8Array);
    await writer.write(content).catch(() => undefined);
    await writer.close().catch(() => undefined);
    const { status, body } = await answer;
    expect([status, body.error.code]).toEqual([411, 'LENGTH_REQUIRED']);
  });

  it('are refused once completed; completing again changes nothing', async () => {
    const { dataset, upload } = await announce();
    await put(upload.url, content);
    const first = await call<Dataset>('POST', `/v1/datasets/${dataset.id}/complete`, { body: {} });
    const again = await call<Dataset>('POST', `/v1/datasets/${dataset.id}/complete`, { body: {} });
    expect([first.status, again.status]).toEqual([202, 202]);
    const late = await put(upload.url, content);
    expect([late.status, late.body.error.code]).toEqual([409, 'ILLEGAL_STATE']);
  });

  it('take no token that was changed', async () => {
    const { upload } = await announce();
    const at = upload.url.length - 20;
    const other = upload.url[at] === 'A' ? 'B' : 'A';
    const forged = await put(upload.url.slice(0, at) + other + upload.url.slice(at + 1), content);
    expect([forged.status, forged.body.error.code]).toEqual([401, 'TOKEN_INVALID']);
    expect((await call('GET', new URL(upload.url).pathname, { key: null })).body.error.code).toBe('FORBIDDEN');
  });
});

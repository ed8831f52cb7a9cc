import { env } from 'cloudflare:workers';
import { LIMITS } from '@tallrec/shared/limits';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { Upload } from '@tallrec/shared/wire/uploads';
import { expect, it } from 'vitest';
import { places } from '../storage/places.ts';
import { call, defaultWorkspace } from '../testing/client.ts';
import { put, settled, sha256 } from '../testing/datasets.ts';

type Multipart = Extract<Upload, { mode: 'multipart' }>;

/** Few, long rows: what is tried here is the upload. */
const row = new TextEncoder().encode(`${JSON.stringify({ instruction: 'x'.repeat(900_000), output: 'y' })}\n`);
const rows = Math.ceil((LIMITS.uploadPartBytes + 1) / row.length);
const file = new Uint8Array(rows * row.length);
for (let at = 0; at < rows; at++) file.set(row, at * row.length);

it.each(['right', 'wrong'])('a file in parts with the %s SHA-256', { timeout: 90_000 }, async (which) => {
  const digest = which === 'right' ? await sha256(file) : '0'.repeat(64);
  const { body } = await call<{ dataset: Dataset; upload: Multipart }>('POST', '/v1/datasets', {
    body: { name: 'large', kind: 'instructions', format: 'jsonl', bytes: file.length, sha256: digest },
  });
  const { id } = body.dataset;
  const sizes = [LIMITS.uploadPartBytes, file.length - LIMITS.uploadPartBytes];
  expect(body.upload.parts.map(({ bytes }) => bytes)).toEqual(sizes);
  const last = file.subarray(LIMITS.uploadPartBytes);
  const short = await put(body.upload.parts[1]!.url, file.subarray(0, 10));
  expect([short.status, short.body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
  expect((await put(body.upload.parts[1]!.url, last)).body).toMatchObject({ part: 2, sha256: await sha256(last) });

  // As after a reload of the page: what has arrived is known, and the rest gets new URLs.
  const { body: resumed } = await call<Multipart>('GET', `/v1/datasets/${id}/upload`);
  expect(resumed.parts.map(({ received }) => received)).toEqual([false, true]);
  const complete = (sent: object = {}) => call<Dataset>('POST', `/v1/datasets/${id}/complete`, { body: sent });
  expect((await complete()).body).toMatchObject({ error: { code: 'ILLEGAL_STATE', details: { missing: [1] } } });
  expect((await put(resumed.parts[0]!.url, file.subarray(0, LIMITS.uploadPartBytes))).status).toBe(200);
  const named = await complete({ parts: [{ part: 1, etag: 'x' }] });
  expect(named.body).toMatchObject({ error: { code: 'CONFLICT', details: { wrong: [1] } } });
  const both = await Promise.all([complete(), complete()]);
  expect(both.map(({ status }) => status)).toEqual([202, 202]);

  const dataset = await settled(id);
  if (which === 'right') expect(dataset).toMatchObject({ state: 'ready', stats: { rows } });
  else {
    expect(dataset.state).toBe('rejected');
    expect(dataset.rowErrors[0]!.problem).toContain('SHA-256');
  }
  const kept = await env.BUCKET.head(places.datasetRows((await defaultWorkspace()).id, id));
  expect(kept !== null).toBe(which === 'right');
  expect((await put(resumed.parts[1]!.url, last)).body.error.code).toBe('ILLEGAL_STATE');
  expect((await call('GET', `/v1/datasets/${id}/upload`)).body.error.code).toBe('ILLEGAL_STATE');
});

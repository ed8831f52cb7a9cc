import { env } from 'cloudflare:workers';
import { LIMITS } from '@tallrec/shared/limits';
import type { Dataset, Upload } from '@tallrec/shared/wire/datasets';
import { expect, it } from 'vitest';
import { call } from '../testing/client.ts';
import { put, settled, sha256 } from '../testing/datasets.ts';

type Multipart = Extract<Upload, { mode: 'multipart' }>;

/** Few, long rows: what is tried here is the upload. */
const row = new TextEncoder().encode(`${JSON.stringify({ instruction: 'x'.repeat(900_000), output: 'y' })}\n`);
const rows = Math.ceil((LIMITS.uploadPartBytes + 1) / row.length);
const file = new Uint8Array(rows * row.length);
for (let at = 0; at < rows; at++) file.set(row, at * row.length);

async function uploadAll(upload: Multipart) {
  const parts = [];
  for (const { part, url, bytes } of upload.parts) {
    const start = (part - 1) * upload.partBytes;
    const sent = await put(url, file.subarray(start, start + bytes));
    expect(sent.status).toBe(200);
    parts.push({ part, etag: sent.body.etag });
  }
  return parts;
}

it.each(['right', 'wrong'])('a file in parts with the %s SHA-256', async (which) => {
  const digest = which === 'right' ? await sha256(file) : '0'.repeat(64);
  const { body } = await call<{ dataset: Dataset; upload: Multipart }>('POST', '/v1/datasets', {
    body: { name: 'large', kind: 'instructions', format: 'jsonl', bytes: file.length, sha256: digest },
  });
  const { id } = body.dataset;
  expect(body.upload.parts.map(({ bytes }) => bytes)).toEqual([
    LIMITS.uploadPartBytes,
    file.length - LIMITS.uploadPartBytes,
  ]);
  const short = await put(body.upload.parts[1]!.url, file.subarray(0, 10));
  expect([short.status, short.body.error.code]).toEqual([400, 'VALIDATION_FAILED']);

  const renewed = await call<Multipart>('POST', `/v1/datasets/${id}/upload-urls`);
  const parts = await uploadAll(renewed.body);
  const complete = (sent: unknown) => call('POST', `/v1/datasets/${id}/complete`, { body: { parts: sent } });
  expect((await complete(parts.slice(1))).body.error).toMatchObject({
    code: 'VALIDATION_FAILED',
    details: { missing: [1] },
  });
  expect((await complete(parts.map(({ part }) => ({ part, etag: 'x' })))).body.error.code).toBe('VALIDATION_FAILED');
  const both = await Promise.all([complete(parts), complete(parts)]);
  expect(both.map(({ status }) => status)).toEqual([202, 202]);

  const dataset = await settled(id);
  if (which === 'right') expect(dataset).toMatchObject({ state: 'ready', stats: { rows } });
  else {
    expect(dataset.state).toBe('rejected');
    expect(dataset.rowErrors[0]!.problem).toContain('SHA-256');
  }
  const kept = await env.BUCKET.head(`datasets/${id}/rows.jsonl`);
  expect(kept !== null).toBe(which === 'right');
  expect((await put(renewed.body.parts[0]!.url, file.subarray(0, LIMITS.uploadPartBytes))).status).toBe(409);
});

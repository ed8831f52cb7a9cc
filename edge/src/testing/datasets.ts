// Uploads a dataset as a client would and waits for its verdict.

import { exports } from 'cloudflare:workers';
import type { Dataset, Upload } from '@tallrec/shared/wire/datasets';
import { call } from './client.ts';

export async function sha256(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toHex();
}

export async function put(url: string, bytes: Uint8Array, headers: Record<string, string> = {}) {
  const request = new Request(url, { method: 'PUT', body: bytes, headers });
  const response = await exports.default.fetch(request);
  return {
    status: response.status,
    body: await response.json<{ etag: string; error: { code: string; message: string } }>(),
  };
}

export async function createDataset(body: Record<string, unknown>) {
  return await call<{ dataset: Dataset; upload: Extract<Upload, { mode: 'single' }> }>('POST', '/v1/datasets', {
    body,
  });
}

export async function settled(id: string): Promise<Dataset> {
  for (;;) {
    const { body } = await call<Dataset>('GET', `/v1/datasets/${id}`);
    if (body.state === 'ready' || body.state === 'rejected') return body;
    await scheduler.wait(20);
  }
}

export async function uploaded(
  kind: string,
  format: string,
  content: string | Uint8Array,
  more = {},
): Promise<Dataset> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const { body } = await createDataset({ name: 'test', kind, format, bytes: bytes.length, ...more });
  const sent = await put(body.upload.url, bytes);
  if (sent.status !== 200) throw new Error(JSON.stringify(sent.body));
  await call('POST', `/v1/datasets/${body.dataset.id}/complete`, { body: {} });
  return await settled(body.dataset.id);
}

// Uploads a dataset as a client would and waits for its verdict.

import { exports } from 'cloudflare:workers';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { Upload } from '@tallrec/shared/wire/uploads';
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

/** @param key of the default workspace, where none is named */
export async function createDataset(body: Record<string, unknown>, key?: string) {
  return await call<{ dataset: Dataset; upload: Extract<Upload, { mode: 'single' }> }>('POST', '/v1/datasets', {
    body,
    ...(key === undefined ? {} : { key }),
  });
}

export async function settled(id: string, key?: string): Promise<Dataset> {
  for (;;) {
    const { body } = await call<Dataset>('GET', `/v1/datasets/${id}`, key === undefined ? {} : { key });
    if (body.state === 'ready' || body.state === 'rejected') return body;
    await scheduler.wait(20);
  }
}

export async function uploaded(
  kind: string,
  format: string,
  content: string | Uint8Array,
  { key, ...more }: Record<string, unknown> & { key?: string } = {},
): Promise<Dataset> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const { body } = await createDataset({ name: 'test', kind, format, bytes: bytes.length, ...more }, key);
  const sent = await put(body.upload.url, bytes);
  if (sent.status !== 200) throw new Error(JSON.stringify(sent.body));
  const named = key === undefined ? {} : { key };
  await call('POST', `/v1/datasets/${body.dataset.id}/complete`, { body: {}, ...named });
  return await settled(body.dataset.id, key);
}

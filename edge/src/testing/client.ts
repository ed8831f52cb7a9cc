// Calls the app as a client would; the body comes back parsed.
import { env, exports } from 'cloudflare:workers';
import type { Scope } from '@tallrec/shared/wire/keys';
import type { ErrorBody } from '@tallrec/shared/wire/page';

export interface CallOptions {
  /** An API key; the bootstrap secret by default, null for none. */
  key?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

export async function call<T = ErrorBody>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const headers = new Headers(options.headers);
  const key = options.key === undefined ? env.ADMIN_KEY : options.key;
  if (key !== null) headers.set('Authorization', `Bearer ${key}`);
  if (options.body !== undefined) headers.set('Content-Type', 'application/json');
  const body = options.body === undefined ? null : JSON.stringify(options.body);
  const response = await exports.default.fetch(
    new Request(new URL(path, 'https://edge.test'), { method, headers, body }),
  );
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

/** A new key with these scopes. */
export async function keyWith(scopes: Scope[], requestsPerMinute = 600): Promise<string> {
  const { body } = await call<{ key: string }>('POST', '/v1/keys', {
    body: { name: 'test', scopes, requestsPerMinute },
  });
  return body.key;
}

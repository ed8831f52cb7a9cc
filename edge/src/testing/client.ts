// Calls the app as a client would; the body comes back parsed.
import { env, exports } from 'cloudflare:workers';
import { SCOPES, type Scope } from '@tallrec/shared/wire/keys';
import type { ErrorBody } from '@tallrec/shared/wire/page';

export interface CallOptions {
  /** An API key; the default workspace's, with all scopes, where none is named; null for none. */
  key?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

export interface TestWorkspace {
  id: string;
  /** With all scopes, and as many requests as a test may need. */
  key: string;
}

const MANY_REQUESTS = 100_000;

export async function call<T = ErrorBody>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const headers = new Headers(options.headers);
  const key = options.key === undefined ? (await defaultWorkspace()).key : options.key;
  if (key !== null) headers.set('Authorization', `Bearer ${key}`);
  if (options.body !== undefined) headers.set('Content-Type', 'application/json');
  const body = options.body === undefined ? null : JSON.stringify(options.body);
  const response = await exports.default.fetch(
    new Request(new URL(path, 'https://edge.test'), { method, headers, body }),
  );
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

/** Calls with the operator's secret. */
export function operator<T = ErrorBody>(
  method: string,
  path: string,
  options: Omit<CallOptions, 'key'> = {},
): Promise<Answer<T>> {
  return call<T>(method, path, { ...options, key: env.OPERATOR_SECRET });
}

export async function newWorkspace(name = 'test'): Promise<TestWorkspace> {
  const { status, body } = await operator<{ workspace: { id: string } }>('POST', '/v1/workspaces', { body: { name } });
  if (status !== 201) throw new Error(JSON.stringify(body));
  const { id } = body.workspace;
  return { id, key: await keyWith([...SCOPES], MANY_REQUESTS, id) };
}

let home: Promise<TestWorkspace> | undefined;

/** Whose key calls where a test names none. */
export function defaultWorkspace(): Promise<TestWorkspace> {
  home ??= newWorkspace('default');
  return home;
}

/** A new key with these scopes. */
export async function keyWith(scopes: Scope[], requestsPerMinute = 600, workspace?: string): Promise<string> {
  const { status, body } = await operator<{ key: string }>('POST', '/v1/keys', {
    body: { name: 'test', scopes, requestsPerMinute, workspace: workspace ?? (await defaultWorkspace()).id },
  });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.key;
}

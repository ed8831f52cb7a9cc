// The one way to the API: same origin, the session's cookie, answers checked by the shared schemas, refusals as `ApiError`.
import type { ErrorCode } from '@tallrec/shared/errors';
import { errorBodySchema, refusedPlacesSchema } from '@tallrec/shared/wire/page';
import { z } from 'zod';

/** `NETWORK`: no answer came. `UNREADABLE`: one came that this dashboard does not know. */
export type ApiErrorCode = ErrorCode | 'NETWORK' | 'UNREADABLE';

interface ApiErrorFields {
  code: ApiErrorCode;
  message: string;
  status?: number;
  requestId?: string | null;
  retryable?: boolean;
  details?: unknown;
  cause?: unknown;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  readonly status: number;
  readonly requestId: string | null;
  readonly retryable: boolean;
  readonly details: unknown;

  constructor({ code, message, status = 0, requestId = null, retryable = false, details, cause }: ApiErrorFields) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    this.retryable = retryable;
    this.details = details;
  }
}

interface CallOptions<S extends z.ZodType> {
  /** What the answer has to be; without one it has no body. */
  answer?: S;
  body?: unknown;
  query?: Record<string, string | number | undefined>;
  /** For a POST that creates: sent again under the same key, it creates nothing more. */
  idempotencyKey?: string;
  signal?: AbortSignal;
  /** Is told of the answer's headers as they come. */
  onAnswer?: (headers: Headers) => void;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** @throws ApiError */
export async function call<S extends z.ZodType = z.ZodVoid>(
  method: Method,
  path: `/v1/${string}`,
  { answer, body, query, idempotencyKey, signal, onAnswer }: CallOptions<S> = {},
): Promise<z.output<S>> {
  const response = await send(`${path}${queryText(query)}`, {
    method,
    credentials: 'same-origin',
    headers: {
      Accept: 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
  onAnswer?.(response.headers);
  const requestId = response.headers.get('X-Request-Id');
  const content = await jsonOf(response);
  if (!response.ok) throw refusal(response.status, content, requestId);
  if (!answer) return undefined as z.output<S>;
  const parsed = answer.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new ApiError({
    code: 'UNREADABLE',
    message: `The service gave an answer that this page does not understand: ${z.prettifyError(parsed.error)}`,
    status: response.status,
    requestId,
  });
}

/**
 * The beginning of a file.
 * @returns at most so many bytes of it, as text
 * @throws ApiError
 */
export async function beginningOf(
  path: `/v1/${string}`,
  { bytes, signal }: { bytes: number; signal?: AbortSignal },
): Promise<string> {
  const response = await send(path, {
    credentials: 'same-origin',
    headers: { Range: `bytes=0-${bytes - 1}` },
    ...(signal ? { signal } : {}),
  });
  if (response.ok) return await response.text();
  throw refusal(response.status, await jsonOf(response), response.headers.get('X-Request-Id'));
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw unreachable(cause);
  }
}

export function unreachable(cause?: unknown): ApiError {
  const message = 'The service could not be reached. Check your connection and try again.';
  return new ApiError({ code: 'NETWORK', message, retryable: true, cause });
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

/** An answer that is none of what was asked for, by the status and body that it came with. */
export function refusal(status: number, content: unknown, requestId: string | null): ApiError {
  const parsed = errorBodySchema.safeParse(content);
  if (parsed.success) return new ApiError({ ...parsed.data.error, status });
  return new ApiError({
    code: status === 401 ? 'UNAUTHENTICATED' : 'UNREADABLE',
    message: `The service answered with status ${status}.`,
    status,
    requestId,
    retryable: status >= 500,
  });
}

function queryText(query: CallOptions<z.ZodType>['query']): string {
  const given = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

/**
 * Where the API named the fields that it refused, by their place in the body.
 * @returns nothing where it named none
 */
export function refusedFields(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const listed = refusedPlacesSchema.safeParse(error.details);
  if (!listed.success) return {};
  const fields = listed.data.issues.map(({ path, problem }) => [path.replace(/^body\.?/, ''), problem]);
  return Object.fromEntries(fields);
}

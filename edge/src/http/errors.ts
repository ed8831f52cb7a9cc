// Every fault becomes one JSON body; what users may not see stays in the log.
import { ERROR_CODES, type ErrorCode, TallrecError } from '@tallrec/shared/errors';
import { type ErrorBody, errorBodySchema } from '@tallrec/shared/wire/page';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import { isOutage } from '../faults.ts';
import type { AppEnv } from './context.ts';
import { logFault } from './request-log.ts';

/** When to try again where the error itself does not say. */
const RETRY_AFTER_MS: Partial<Record<ErrorCode, number>> = {
  RATE_LIMITED: 1000,
  NODE_BUSY: 1000,
  NODE_UNAVAILABLE: 5000,
  UNAVAILABLE: 5000,
};

export function errorBody(error: TallrecError, requestId: string): ErrorBody {
  return {
    error: {
      code: error.code,
      message: error.message,
      requestId,
      retryable: error.retryable,
      ...(error.details === undefined ? {} : { details: error.details }),
    },
  };
}

export function malformedBody(): TallrecError {
  return new TallrecError('BAD_REQUEST', 'The body is not valid JSON.', {
    fix: 'Write it with a JSON encoder: a bracket, a quote or a comma may be missing, or one too many.',
  });
}

/** How Hono's validator begins its message. */
const MALFORMED_JSON = 'Malformed JSON';

/** What the router itself refuses, in the project's own codes. */
function fromHttpException(error: HTTPException): TallrecError {
  if (error.status === 413) return new TallrecError('TOO_LARGE', 'The body is too large.');
  if (error.message.startsWith(MALFORMED_JSON)) return malformedBody();
  if (error.status < 500) {
    return new TallrecError('BAD_REQUEST', 'The body could not be read.', {
      fix: 'Send JSON with "Content-Type: application/json".',
    });
  }
  return new TallrecError('INTERNAL', 'Something went wrong.', { cause: error });
}

function toTallrecError(error: Error): TallrecError {
  if (error instanceof TallrecError) return error;
  if (error instanceof HTTPException) return fromHttpException(error);
  if (isOutage(error)) {
    return new TallrecError('UNAVAILABLE', 'The record or the storage cannot be reached for the moment.', {
      fix: 'Try again in a few seconds.',
      cause: error,
    });
  }
  return new TallrecError('INTERNAL', 'Something went wrong.', { cause: error });
}

export function onError(error: Error, c: Context<AppEnv>): Response {
  const known = toTallrecError(error);
  if (known.cause !== undefined) logFault(c, known);
  const stated = (known.details as { retryAfterMs?: unknown } | null | undefined)?.retryAfterMs;
  const retryAfterMs = typeof stated === 'number' ? stated : RETRY_AFTER_MS[known.code];
  if (retryAfterMs !== undefined) c.header('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
  const range = (known.details as { contentRange?: unknown } | null | undefined)?.contentRange;
  if (typeof range === 'string') c.header('Content-Range', range);
  if (known.code === 'UNAUTHENTICATED') c.header('WWW-Authenticate', 'Bearer');
  return c.json(errorBody(known, c.var.requestId), known.status as ContentfulStatusCode);
}

/** The `responses` entries of a contract for the codes that it can answer with, beside those that any route can. */
export function errorResponses(...codes: ErrorCode[]) {
  const byStatus: Record<number, { description: string; content: { 'application/json': { schema: z.ZodType } } }> = {};
  for (const code of new Set<ErrorCode>([...codes, 'VALIDATION_FAILED', 'INTERNAL', 'UNAVAILABLE'])) {
    const { status } = ERROR_CODES[code];
    const description = byStatus[status] ? `${byStatus[status].description}, ${code}` : code;
    byStatus[status] = { description, content: { 'application/json': { schema: errorBodySchema } } };
  }
  return byStatus;
}

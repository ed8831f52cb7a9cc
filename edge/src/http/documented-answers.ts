// What the door, the limiter and the router add to the answers of every contract, as the document tells it.
import { LIMITS } from '@tallrec/shared/limits';

interface Answer {
  description: string;
  content?: unknown;
  headers?: Record<string, { $ref: string }>;
}
export interface Operation {
  security?: unknown[];
  parameters?: { name?: string }[];
  requestBody?: { content: object };
  responses: Record<string, Answer>;
}

const text = (description: string, example: string) => ({ description, schema: { type: 'string' as const, example } });
const seconds = (description: string, maximum: number) => ({
  description,
  schema: { type: 'integer' as const, minimum: 0, maximum },
});
const DAY_S = 86_400;

/** By the name under which the document keeps them, which is that of the header itself. */
export const RESPONSE_HEADERS = {
  'X-Request-Id': text('Names this request in the log; say it when you ask for help', 'req_01jd3x6k8w5v0e9s2m4q7r1tza'),
  'Server-Timing': text('Milliseconds by what took them', 'node;dur=3.1, edge;dur=4.2'),
  'RateLimit-Limit': {
    description: 'Requests a minute that this key may send; not on answers to the operator',
    schema: { type: 'integer' as const, minimum: 1, maximum: LIMITS.requestsPerMinute },
  },
  'RateLimit-Remaining': {
    description: 'Requests that would pass at once',
    schema: { type: 'integer' as const, minimum: 0, maximum: LIMITS.requestsPerMinute },
  },
  'RateLimit-Reset': seconds('Seconds until all of them would', 60),
  'Retry-After': { ...seconds('Seconds after which to try again', DAY_S) },
  'WWW-Authenticate': text('The scheme of the header Authorization', 'Bearer'),
  'Idempotency-Replayed': text('true where this is the first answer under the Idempotency-Key, given again', 'true'),
  ETag: text('The version of the file', '"d41d8cd98f00b204e9800998ecf8427e"'),
  'Last-Modified': text('When it was written', 'Wed, 21 Oct 2026 07:28:00 GMT'),
  'Accept-Ranges': text('That ranges of bytes may be asked for', 'bytes'),
  'Content-Range': text(
    'Which bytes these are, of how many; of a range past the end only how many',
    'bytes 0-1023/4096',
  ),
  'Content-Disposition': text('The name to keep it under', 'attachment; filename="report.json"'),
} as const;
type HeaderName = keyof typeof RESPONSE_HEADERS;

const ERROR_CONTENT = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
const RATE_LIMIT: readonly HeaderName[] = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];
const FILE: readonly HeaderName[] = ['ETag', 'Last-Modified', 'Accept-Ranges', 'Content-Disposition'];

function headersOf(operation: Operation, status: string): HeaderName[] {
  const { security = [], parameters = [], responses } = operation;
  const withKey = security.length > 0;
  const isFile = '206' in responses;
  return [
    'X-Request-Id',
    'Server-Timing',
    // Who is unknown is not counted.
    ...(withKey && status !== '401' ? RATE_LIMIT : []),
    ...(withKey && status === '401' ? (['WWW-Authenticate'] as const) : []),
    ...(status === '429' || status === '503' ? (['Retry-After'] as const) : []),
    ...(status.startsWith('2') && parameters.some(({ name }) => name === 'idempotency-key')
      ? (['Idempotency-Replayed'] as const)
      : []),
    ...(isFile && ['200', '206', '304'].includes(status) ? FILE : []),
    ...(isFile && ['206', '416'].includes(status) ? (['Content-Range'] as const) : []),
  ];
}

/** Completes the operation in place. */
export function documentAnswers(operation: Operation): void {
  const { security = [], requestBody, responses } = operation;
  if (security.length > 0) responses['429'] = { description: 'RATE_LIMITED', content: ERROR_CONTENT };
  if (requestBody) responses['413'] ??= { description: 'TOO_LARGE', content: ERROR_CONTENT };
  for (const [status, answer] of Object.entries(responses)) {
    const names = headersOf(operation, status);
    answer.headers = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
  }
}

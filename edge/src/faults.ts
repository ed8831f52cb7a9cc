// Faults in words for the operator's log: what happened and why, without keys, tokens or the values of a query.
import type { Deps } from './deps.ts';

const SECRETS = /tlr_[\w-]{8,}|Bearer +\S+|[\w-]{20,}\.[\w-]{20,}/gi;
/** drizzle puts the values of a failed query behind its text. */
const QUERY_VALUES = /\nparams: [^\n]*/g;

/** The configured secrets, for `redact`. */
export function secretsOf({ operatorSecret, signing }: Pick<Deps, 'operatorSecret' | 'signing'>): string[] {
  return [operatorSecret, ...signing.map(({ secret }) => secret)];
}

/** Takes out what looks like a key, a node's secret or a signed token, and the configured secrets. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text.replace(QUERY_VALUES, '');
  for (const secret of secrets) clean = clean.replaceAll(secret, '[secret]');
  return clean.replace(SECRETS, '[secret]');
}

/** The error and those behind it. */
function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let at = error; at !== undefined && chain.length < 5; at = at instanceof Error ? at.cause : undefined) {
    chain.push(at);
  }
  return chain;
}

/** The error with its stack and those behind it. */
export function faultOf(error: unknown, secrets: readonly string[] = []): string {
  const told = chainOf(error).map((at) => (at instanceof Error ? (at.stack ?? at.message) : String(at)));
  return redact(told.join('\ncaused by: '), secrets);
}

/** As D1, R2 and Durable Objects word what passes by itself; D1 names an SQL error by its SQLITE_ code. */
const OUTAGES = [
  /network connection lost/i,
  /caused object to be reset/i,
  /reset because its code was updated/i,
  /transient issue on remote node/i,
  /\b(D1 DB|Durable Object) is overloaded/i,
  /internal error(; reference|\s*\(|\.?$)/i,
  /** R2: InternalError, ServiceUnavailable, TooManyRequests. */
  /\((10001|10043|10058)\)\s*$/,
];

/** Whether it says that the record, the storage or an object could not be reached for the moment. */
export function isOutage(error: unknown): boolean {
  return chainOf(error).some((at) => {
    if (!(at instanceof Error)) return false;
    const { retryable, overloaded } = at as { retryable?: unknown; overloaded?: unknown };
    if (retryable === true || overloaded === true) return at.name !== 'TallrecError';
    return !/\bSQLITE_/.test(at.message) && OUTAGES.some((outage) => outage.test(at.message));
  });
}

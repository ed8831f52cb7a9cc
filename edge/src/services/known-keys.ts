// Keys that this isolate has lately found in the record. One that another isolate revokes goes on to hold here for as long as it is known.
import type { ApiKeyRow } from '../repo/keys.ts';

const KNOWN_FOR_MS = 30_000;
const MAX_KNOWN = 1000;

const known = new Map<string, { row: ApiKeyRow; untilMs: number }>();
let forgotten = 0;

/** Taken before a look-up: what was forgotten meanwhile is not remembered. */
export function knownSoFar(): number {
  return forgotten;
}

export function rememberKey(hash: string, row: ApiKeyRow, nowMs: number, asOf: number): void {
  if (asOf !== forgotten) return;
  known.delete(hash);
  if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value!);
  known.set(hash, { row, untilMs: nowMs + KNOWN_FOR_MS });
}

export function recallKey(hash: string, nowMs: number): ApiKeyRow | undefined {
  const found = known.get(hash);
  return found && found.untilMs > nowMs ? found.row : undefined;
}

export function forgetKey(id: string): void {
  forgotten++;
  for (const [hash, { row }] of known) if (row.id === id) known.delete(hash);
}

// Who calls: the operator, or a key of the record.
import { TallrecError } from '@tallrec/shared/errors';
import type { Scope } from '@tallrec/shared/wire/keys';
import type { Deps } from '../deps.ts';
import { OPERATOR } from '../operator.ts';
import { type ApiKeyRow, findKeyByHash, setKeyUsed } from '../repo/keys.ts';
import { type FoundSession, findSession } from '../repo/sessions.ts';
import { Known } from './known.ts';
import { bearerOf, KEY_PREFIX, sha256Hex } from './secrets.ts';
import { iso } from './timestamps.ts';

/** Keys that this isolate has lately found in the record. One that another isolate revokes goes on to hold here for as long as it is known. */
const knownKeys = new Known<ApiKeyRow>(30_000, 1000);

export function forgetKey(id: string): void {
  knownKeys.forget((row) => row.id === id);
}

export interface Caller {
  /** The key's id, or `operator`. */
  id: string;
  workspace: string;
  scopes: readonly Scope[];
  /** Null: from anywhere. */
  origins: readonly string[] | null;
  /** Null: not limited. */
  requestsPerMinute: number | null;
  operator: boolean;
}

export interface Authenticated {
  caller: Caller;
  /** Takes down that the key was used; not every request does. */
  noteUse: (() => Promise<void>) | null;
}

const OPERATOR_CALLER: Caller = {
  id: OPERATOR,
  workspace: OPERATOR,
  scopes: [],
  origins: null,
  requestsPerMinute: null,
  operator: true,
};
const NOTE_USE_EVERY_MS = 5 * 60_000;

let operator: { secret: string; hash: string } | undefined;

async function operatorHashOf(secret: string): Promise<string> {
  if (operator?.secret !== secret) operator = { secret, hash: await sha256Hex(secret) };
  return operator.hash;
}

/** Compares digests in constant time, so that neither length nor a common beginning shows. */
function sameDigest(left: string, right: string): boolean {
  return crypto.subtle.timingSafeEqual(Uint8Array.fromHex(left), Uint8Array.fromHex(right));
}

/**
 * @param known whether a key that was found a moment ago need not be looked up again
 * @throws TallrecError UNAUTHENTICATED where the header names no key that holds
 */
export async function authenticate(
  deps: Pick<Deps, 'db' | 'clock' | 'operatorSecret'>,
  authorization: string | undefined,
  { known }: { known: boolean },
): Promise<Authenticated> {
  const key = bearerOf(authorization);
  if (key === undefined) {
    throw new TallrecError('UNAUTHENTICATED', 'This request carries no API key.', {
      fix: 'Send the header "Authorization: Bearer tlr_…".',
    });
  }
  const [hash, operatorHash] = await Promise.all([sha256Hex(key), operatorHashOf(deps.operatorSecret)]);
  if (sameDigest(hash, operatorHash)) return { caller: OPERATOR_CALLER, noteUse: null };
  const nowMs = deps.clock.nowMs();
  const row = usable(key.startsWith(KEY_PREFIX) ? await rowOf(deps, hash, known, nowMs) : undefined, nowMs, hash);
  return authenticated(deps, row, nowMs);
}

/**
 * A browser that is signed in, as its key.
 * @throws TallrecError UNAUTHENTICATED where the session is over, or its key no longer holds
 */
export async function authenticateSession(deps: Pick<Deps, 'db' | 'clock'>, secret: string): Promise<Authenticated> {
  const { key } = await requireSession(deps, secret);
  return authenticated(deps, key, deps.clock.nowMs());
}

/** @throws TallrecError UNAUTHENTICATED where nobody is signed in by it, or its key no longer holds */
export async function requireSession(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  secret: string | undefined,
): Promise<FoundSession> {
  const nowMs = clock.nowMs();
  const found = secret === undefined ? undefined : await findSession(db, await sha256Hex(secret), nowMs);
  if (!found) {
    throw new TallrecError('UNAUTHENTICATED', 'Nobody is signed in here, or no longer.', { fix: 'Sign in.' });
  }
  usable(found.key, nowMs);
  return found;
}

/**
 * @param hash of the secret that was shown, where one was: an old one holds until its overlap ends
 * @throws TallrecError UNAUTHENTICATED where the key does not hold
 */
export function usable(row: ApiKeyRow | undefined, nowMs: number, hash?: string): ApiKeyRow {
  const outdated = row && hash !== undefined && row.hash !== hash && (row.oldHashUntil ?? 0) <= nowMs;
  if (!row || row.revokedAt !== null || outdated) {
    throw new TallrecError('UNAUTHENTICATED', 'This API key is unknown or revoked.', {
      fix: 'Ask an administrator for a new one.',
    });
  }
  if (row.expiresAt !== null && row.expiresAt <= nowMs) {
    throw new TallrecError('UNAUTHENTICATED', `This API key expired on ${iso(row.expiresAt)}.`, {
      fix: 'Ask an administrator for a new one.',
    });
  }
  return row;
}

function authenticated(deps: Pick<Deps, 'db'>, row: ApiKeyRow, nowMs: number): Authenticated {
  const { id, workspace, scopes, origins, requestsPerMinute } = row;
  return {
    caller: { id, workspace, scopes, origins, requestsPerMinute, operator: false },
    noteUse: noteOfUse(deps, row, nowMs),
  };
}

async function rowOf(
  deps: Pick<Deps, 'db'>,
  hash: string,
  known: boolean,
  nowMs: number,
): Promise<ApiKeyRow | undefined> {
  const recalled = known ? knownKeys.recall(hash, nowMs) : undefined;
  if (recalled) return recalled;
  const asOf = knownKeys.asOf();
  const row = await findKeyByHash(deps.db, hash);
  if (row && row.revokedAt === null) knownKeys.remember(hash, row, nowMs, asOf);
  return row;
}

/** Requests that come together with the first one of a while see the row as noted already. */
function noteOfUse(deps: Pick<Deps, 'db'>, row: ApiKeyRow, nowMs: number): (() => Promise<void>) | null {
  if (row.lastUsedAt !== null && row.lastUsedAt > nowMs - NOTE_USE_EVERY_MS) return null;
  row.lastUsedAt = nowMs;
  return () => setKeyUsed(deps.db, row, { nowMs, unlessSinceMs: nowMs - NOTE_USE_EVERY_MS });
}

export function hasScope(caller: Caller, scope: Scope): boolean {
  return caller.scopes.includes('admin') || caller.scopes.includes(scope);
}

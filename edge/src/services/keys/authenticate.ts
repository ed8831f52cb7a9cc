// Who calls: the bootstrap secret or a key of the record.
import { TallrecError } from '@tallrec/shared/errors';
import type { Scope } from '@tallrec/shared/wire/keys';
import type { Deps } from '../../deps.ts';
import { findKeyByHash } from '../../repo/keys.ts';
import { KEY_PREFIX, sha256Hex } from './secret.ts';

export interface Caller {
  /** The key's id, or `admin` for the bootstrap secret. */
  id: string;
  scopes: readonly Scope[];
  /** Null: not limited. */
  requestsPerMinute: number | null;
}

/** Compares digests in constant time, so that neither length nor a common beginning shows. */
async function sameSecret(a: string, b: string): Promise<boolean> {
  const digest = (text: string) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  const [left, right] = await Promise.all([digest(a), digest(b)]);
  return crypto.subtle.timingSafeEqual(left, right);
}

/** @throws TallrecError UNAUTHENTICATED where the header names no key that holds */
export async function authenticate(
  deps: Pick<Deps, 'db' | 'secrets'>,
  authorization: string | undefined,
): Promise<Caller> {
  const key = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (key === undefined) {
    throw new TallrecError('UNAUTHENTICATED', 'This request carries no API key.', {
      fix: 'Send the header "Authorization: Bearer tlr_…".',
    });
  }
  if (await sameSecret(key, deps.secrets.adminKey)) return { id: 'admin', scopes: ['admin'], requestsPerMinute: null };
  const row = key.startsWith(KEY_PREFIX) ? await findKeyByHash(deps.db, await sha256Hex(key)) : undefined;
  if (!row || row.revokedAt !== null) {
    throw new TallrecError('UNAUTHENTICATED', 'This API key is unknown or revoked.', {
      fix: 'Ask an administrator for a new one.',
    });
  }
  return { id: row.id, scopes: row.scopes, requestsPerMinute: row.requestsPerMinute };
}

export function hasScope(caller: Caller, scope: Scope): boolean {
  return caller.scopes.includes('admin') || caller.scopes.includes(scope);
}

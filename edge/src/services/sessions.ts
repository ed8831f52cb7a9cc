// Signing in: a browser gets a secret of its own in place of a key, which then lies in no page and no storage of it.
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import type { Session, SignIn } from '@tallrec/shared/wire/session';
import type { Deps } from '../deps.ts';
import { type ApiKeyRow, findKeyByHash } from '../repo/keys.ts';
import { deleteSession, insertSession, insertSignInLink, takeSignInLink } from '../repo/sessions.ts';
import { type Caller, requireSession, usable } from './authenticate.ts';
import { LINK_PREFIX, newSecret, SESSION_PREFIX, sha256Hex } from './secrets.ts';
import { iso } from './timestamps.ts';

type SessionDeps = Pick<Deps, 'db' | 'clock'>;

/** @throws TallrecError UNAUTHENTICATED where the key or the link does not hold; FORBIDDEN for a key of web pages */
export async function signIn(deps: SessionDeps, input: SignIn): Promise<{ secret: string; session: Session }> {
  const nowMs = deps.clock.nowMs();
  const row = 'key' in input ? await keyOf(deps, input.key, nowMs) : await keyOfLink(deps, input.link, nowMs);
  if (row.origins !== null) {
    throw new TallrecError('FORBIDDEN', 'A key that holds for web pages alone signs nobody in.', {
      fix: 'Use a key without origins.',
    });
  }
  const secret = newSecret(SESSION_PREFIX);
  const hash = await sha256Hex(secret);
  const expiresAt = Math.min(nowMs + LIMITS.sessionMs, row.expiresAt ?? Number.POSITIVE_INFINITY);
  await insertSession(
    deps.db,
    { hash, key: row.id, createdAt: nowMs, expiresAt },
    {
      ctx: { workspace: row.workspace, actor: row.id },
      action: 'session.create',
      subject: row.id,
      details: { by: 'key' in input ? 'key' : 'link' },
      nowMs,
    },
  );
  return { secret, session: await sessionOf(deps, secret) };
}

async function keyOf({ db }: SessionDeps, key: string, nowMs: number): Promise<ApiKeyRow> {
  const hash = await sha256Hex(key);
  return usable(await findKeyByHash(db, hash), nowMs, hash);
}

async function keyOfLink({ db }: SessionDeps, link: string, nowMs: number): Promise<ApiKeyRow> {
  const row = await takeSignInLink(db, await sha256Hex(link), nowMs);
  if (row) return usable(row, nowMs);
  throw new TallrecError('UNAUTHENTICATED', 'This link was used, or its time is over.', {
    fix: 'Ask for another one, or sign in with a key.',
  });
}

/** @throws TallrecError UNAUTHENTICATED where nobody is signed in */
export async function sessionOf(deps: SessionDeps, secret: string | undefined): Promise<Session> {
  const { key, workspaceName, session } = await requireSession(deps, secret);
  return {
    workspace: { id: key.workspace, name: workspaceName },
    key: { id: key.id, name: key.name },
    scopes: key.scopes,
    expiresAt: iso(session.expiresAt),
  };
}

export async function signOut({ db }: SessionDeps, secret: string | undefined): Promise<void> {
  if (secret !== undefined) await deleteSession(db, await sha256Hex(secret));
}

/** @returns the token of a link that signs in once as the caller's key */
export async function createSignInLink(
  { db, clock }: SessionDeps,
  { id }: Pick<Caller, 'id'>,
): Promise<{ token: string; expiresAt: string }> {
  const token = newSecret(LINK_PREFIX);
  const expiresAt = clock.nowMs() + LIMITS.signInLinkMs;
  await insertSignInLink(db, { hash: await sha256Hex(token), key: id, expiresAt });
  return { token, expiresAt: iso(expiresAt) };
}

// API keys: each belongs to one workspace, and none sees those of another.
import { refusedField, TallrecError } from '@tallrec/shared/errors';
import type { ApiKey, CreateKey } from '@tallrec/shared/wire/keys';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Ctx, Deps } from '../deps.ts';
import { OPERATOR } from '../operator.ts';
import { type Page, toPage } from '../repo/db.ts';
import {
  type ApiKeyRow,
  findKey,
  insertKey,
  listKeyRows,
  revokeKeyRow,
  rotateKeyRow,
  workspaceOfKey,
} from '../repo/keys.ts';
import { forgetKey } from './authenticate.ts';
import { existingWorkspace } from './existing-workspace.ts';
import { hintOf, KEY_PREFIX, newSecret, sha256Hex } from './secrets.ts';
import { iso, isoOrNull } from './timestamps.ts';

export type CreatedKey = { apiKey: ApiKey; key: string };

/** The secret is in this answer and nowhere else: only its SHA-256 is kept. */
export async function createKey(
  deps: Pick<Deps, 'db' | 'clock' | 'newId'>,
  ctx: Ctx,
  input: CreateKey,
): Promise<CreatedKey> {
  const workspace = await workspaceFor(deps, ctx, input.workspace);
  const nowMs = deps.clock.nowMs();
  const expiresAt = input.expiresAt === undefined ? null : Date.parse(input.expiresAt);
  if (expiresAt !== null && expiresAt <= nowMs) {
    throw refusedField('VALIDATION_FAILED', 'expiresAt', `${input.expiresAt} has passed.`, {
      fix: `It is ${iso(nowMs)}: name a later time, or leave it out.`,
    });
  }
  const { name, scopes, requestsPerMinute } = input;
  const origins = input.origins ?? null;
  const made = await newKeyRow(
    deps,
    { workspace, actor: ctx.actor },
    { name, scopes, requestsPerMinute, origins, expiresAt },
  );
  await insertKey(deps.db, made.row, keyMade(made.row));
  return { apiKey: toApiKey(made.row, nowMs), key: made.key };
}

/** Whose key it is to be. */
async function workspaceFor(deps: Pick<Deps, 'db'>, ctx: Ctx, named: string | undefined): Promise<string> {
  if (named === undefined && ctx.workspace === OPERATOR) {
    throw refusedField('VALIDATION_FAILED', 'workspace', 'the operator belongs to no workspace.', {
      fix: 'Name the one that the key is for: GET /v1/workspaces lists them.',
    });
  }
  return named === undefined ? ctx.workspace : await existingWorkspace(deps, ctx, named);
}

export async function newKeyRow(
  deps: Pick<Deps, 'clock' | 'newId'>,
  ctx: Ctx,
  fields: Pick<ApiKeyRow, 'name' | 'scopes' | 'requestsPerMinute' | 'origins' | 'expiresAt'>,
): Promise<{ row: ApiKeyRow; key: string }> {
  const key = newSecret(KEY_PREFIX);
  const row: ApiKeyRow = {
    ...fields,
    id: deps.newId('key'),
    workspace: ctx.workspace,
    hash: await sha256Hex(key),
    hint: hintOf(key),
    oldHash: null,
    oldHashUntil: null,
    createdBy: ctx.actor,
    createdAt: deps.clock.nowMs(),
    lastUsedAt: null,
    revokedAt: null,
  };
  return { row, key };
}

/** The audit entry of a new key. */
export function keyMade({ id, workspace, createdBy, createdAt, name, scopes }: ApiKeyRow) {
  const ctx = { workspace, actor: createdBy };
  return { ctx, action: 'key.create', subject: id, details: { name, scopes }, nowMs: createdAt };
}

export async function listKeys(deps: Pick<Deps, 'db' | 'clock'>, ctx: Ctx, page: PageQuery): Promise<Page<ApiKey>> {
  const nowMs = deps.clock.nowMs();
  return toPage(await listKeyRows(deps.db, ctx.workspace, page), page.limit, (row) => toApiKey(row, nowMs));
}

export async function getKey(deps: Pick<Deps, 'db' | 'clock'>, ctx: Ctx, id: string): Promise<ApiKey> {
  const row = await findKey(deps.db, ctx.workspace, id);
  if (!row) throw noSuchKey(id);
  return toApiKey(row, deps.clock.nowMs());
}

/** The same key under a new secret. The present one goes on to hold for the overlap; one from before the last rotation ends now. */
export async function rotateKey(
  deps: Pick<Deps, 'db' | 'clock'>,
  ctx: Ctx,
  { id, overlapSeconds }: { id: string; overlapSeconds: number },
): Promise<CreatedKey> {
  const nowMs = deps.clock.nowMs();
  const known = await findKey(deps.db, ctx.workspace, id);
  if (!known) throw noSuchKey(id);
  if (known.expiresAt !== null && known.expiresAt <= nowMs) {
    throw new TallrecError('ILLEGAL_STATE', `The key ${id} expired on ${iso(known.expiresAt)}.`, {
      fix: 'Make a new one.',
    });
  }
  const key = newSecret(KEY_PREFIX);
  const row = await rotateKeyRow(
    deps.db,
    { workspace: ctx.workspace, id },
    {
      hash: await sha256Hex(key),
      hint: hintOf(key),
      oldHashUntil: overlapSeconds === 0 ? null : nowMs + overlapSeconds * 1000,
    },
    { ctx, action: 'key.rotate', subject: id, details: { overlapSeconds }, nowMs },
  );
  if (!row) throw new TallrecError('ILLEGAL_STATE', `The key ${id} is revoked.`, { fix: 'Make a new one.' });
  forgetKey(id);
  return { apiKey: toApiKey(row, nowMs), key };
}

/**
 * Holds from the next request on; revoking again changes nothing. The last key that could make others is revoked by the operator
 * alone, who can give the workspace a new one.
 */
export async function revokeKey(deps: Pick<Deps, 'db' | 'clock'>, caller: Ctx, id: string): Promise<ApiKey> {
  const nowMs = deps.clock.nowMs();
  const isOperator = caller.workspace === OPERATOR;
  const workspace = isOperator ? await workspaceOfKey(deps.db, id) : caller.workspace;
  if (workspace === undefined) throw noSuchKey(id);
  const audit = { ctx: { ...caller, workspace }, action: 'key.revoke', subject: id, nowMs };
  const row = await revokeKeyRow(deps.db, { workspace, id, alsoLastAdmin: isOperator }, nowMs, audit);
  if (!row) throw noSuchKey(id);
  if (row.revokedAt === null) {
    throw new TallrecError(
      'ILLEGAL_STATE',
      `The key ${id} is the last one with the scope admin: without it nobody could make another.`,
      { fix: 'Make another key with the scope admin first, or rotate this one. The operator can revoke it as it is.' },
    );
  }
  forgetKey(id);
  return toApiKey(row, nowMs);
}

function noSuchKey(id: string): TallrecError {
  return new TallrecError('NOT_FOUND', `There is no key ${id}.`, { fix: 'GET /v1/keys lists them.' });
}

export function toApiKey(row: ApiKeyRow, nowMs: number): ApiKey {
  return {
    id: row.id,
    workspace: row.workspace,
    name: row.name,
    scopes: row.scopes,
    origins: row.origins,
    requestsPerMinute: row.requestsPerMinute,
    hint: row.hint,
    createdBy: row.createdBy,
    createdAt: iso(row.createdAt),
    expiresAt: isoOrNull(row.expiresAt),
    lastUsedAt: isoOrNull(row.lastUsedAt),
    overlapEndsAt: isoOrNull(row.oldHashUntil !== null && row.oldHashUntil > nowMs ? row.oldHashUntil : null),
    revokedAt: isoOrNull(row.revokedAt),
  };
}

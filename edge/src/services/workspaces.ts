// Workspaces: made and listed by the operator, who reads nothing of what they own.
import { TallrecError } from '@tallrec/shared/errors';
import { type ApiKey, SCOPES } from '@tallrec/shared/wire/keys';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Workspace } from '@tallrec/shared/wire/workspaces';
import type { Ctx, Deps } from '../deps.ts';
import { type Page, toPage } from '../repo/db.ts';
import { findWorkspace, insertWorkspace, listWorkspaceRows, type WorkspaceRow } from '../repo/workspaces.ts';
import { getKey, keyMade, newKeyRow } from './keys.ts';
import { iso } from './timestamps.ts';

const FIRST_KEY_REQUESTS_PER_MINUTE = 6000;

/** Its first key is in this answer and nowhere else. */
export async function createWorkspace(
  deps: Pick<Deps, 'db' | 'clock' | 'newId'>,
  { actor }: Ctx,
  { name }: { name: string },
): Promise<{ workspace: Workspace; key: string }> {
  const row: WorkspaceRow = {
    id: deps.newId('workspace'),
    name,
    createdBy: actor,
    createdAt: deps.clock.nowMs(),
  };
  const ctx = { workspace: row.id, actor };
  const first = await newKeyRow(deps, ctx, {
    name: 'first key',
    scopes: [...SCOPES],
    requestsPerMinute: FIRST_KEY_REQUESTS_PER_MINUTE,
    origins: null,
    expiresAt: null,
  });
  await insertWorkspace(deps.db, row, first.row, {
    workspace: { ctx, action: 'workspace.create', subject: row.id, details: { name }, nowMs: row.createdAt },
    key: keyMade(first.row),
  });
  return { workspace: toWorkspace(row), key: first.key };
}

export async function listWorkspaces(deps: Pick<Deps, 'db'>, page: PageQuery): Promise<Page<Workspace>> {
  return toPage(await listWorkspaceRows(deps.db, page), page.limit, toWorkspace);
}

/** What a key may know of itself. */
export async function getOwnWorkspace(
  deps: Pick<Deps, 'db' | 'clock'>,
  ctx: Ctx,
): Promise<{ workspace: Workspace; apiKey: ApiKey }> {
  const [row, apiKey] = await Promise.all([findWorkspace(deps.db, ctx.workspace), getKey(deps, ctx, ctx.actor)]);
  if (!row) throw new TallrecError('NOT_FOUND', `There is no workspace ${ctx.workspace}.`);
  return { workspace: toWorkspace(row), apiKey };
}

function toWorkspace({ id, name, createdAt }: WorkspaceRow): Workspace {
  return { id, name, createdAt: iso(createdAt) };
}

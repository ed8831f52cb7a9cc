// Nodes as their owners see and manage them.
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import type { CreateNode, Node } from '@tallrec/shared/wire/nodes';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Ctx, Deps } from '../deps.ts';
import { OPERATOR } from '../operator.ts';
import { type Page, toPage } from '../repo/db.ts';
import {
  deleteNodeRow,
  findServingNode,
  insertNode,
  listNodeRows,
  type NodeRow,
  setDraining,
  setJoinToken,
} from '../repo/nodes.ts';
import { existingWorkspace } from './existing-workspace.ts';
import { forgetRoutes } from './known-routes.ts';
import { JOIN_TOKEN_PREFIX, newSecret, sha256Hex } from './secrets.ts';
import { iso, isoOrNull } from './timestamps.ts';

export type CreatedNode = { node: Node; token: string; expiresAt: string };

/** The token is in this answer and nowhere else: only its SHA-256 is kept. */
export async function createNode(
  deps: Pick<Deps, 'db' | 'clock' | 'newId'>,
  ctx: Ctx,
  { name, workspace }: CreateNode,
): Promise<CreatedNode> {
  const owner = workspace == null ? ctx.workspace : await existingWorkspace(deps, ctx, workspace);
  const { token, joinHash, joinUntil } = await newJoinToken(deps);
  const row: NodeRow = {
    id: deps.newId('node'),
    workspace: owner === OPERATOR ? null : owner,
    name,
    joinHash,
    joinUntil,
    secretHash: null,
    oldSecretHash: null,
    connected: false,
    draining: false,
    needsUpgrade: false,
    lastSeenAt: null,
    status: null,
    createdBy: ctx.actor,
    createdAt: deps.clock.nowMs(),
  };
  const by = { workspace: owner, actor: ctx.actor };
  await insertNode(deps.db, row, {
    ctx: by,
    action: 'node.create',
    subject: row.id,
    details: { name },
    nowMs: row.createdAt,
  });
  return { node: toNode(row), token, expiresAt: iso(joinUntil) };
}

async function newJoinToken(deps: Pick<Deps, 'clock'>) {
  const token = newSecret(JOIN_TOKEN_PREFIX);
  return { token, joinHash: await sha256Hex(token), joinUntil: deps.clock.nowMs() + LIMITS.joinTokenTtlMs };
}

export async function listNodes(deps: Pick<Deps, 'db'>, ctx: Ctx, page: PageQuery): Promise<Page<Node>> {
  return toPage(await listNodeRows(deps.db, ctx.workspace, page), page.limit, toNode);
}

export async function getNode(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string): Promise<Node> {
  return toNode(await serving(deps, ctx, id));
}

/** It takes no new job and no requests, and ends what it has; or it takes them again. */
export async function drainNode(
  deps: Pick<Deps, 'db' | 'clock'>,
  ctx: Ctx,
  { id, draining }: { id: string; draining: boolean },
): Promise<Node> {
  const row = await setDraining(deps.db, { workspace: ctx.workspace, id }, draining, {
    ctx,
    action: draining ? 'node.drain' : 'node.resume',
    subject: id,
    nowMs: deps.clock.nowMs(),
  });
  forgetRoutes();
  return toNode(row ?? (await notOwned(deps, ctx, id)));
}

/** For a node that lost its secret: it joins again, and what it had before ends. */
export async function renewJoinToken(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  ctx: Ctx,
  id: string,
): Promise<CreatedNode> {
  const { token, joinHash, joinUntil } = await newJoinToken(deps);
  const audit = { ctx, action: 'node.renew-token', subject: id, nowMs: deps.clock.nowMs() };
  const changed = await setJoinToken(deps.db, { workspace: ctx.workspace, id }, { joinHash, joinUntil }, audit);
  const row = changed ?? (await notOwned(deps, ctx, id));
  await deps.links.remove(id);
  return { node: toNode(row), token, expiresAt: iso(joinUntil) };
}

/** Its secret holds no longer and its connection is closed; what it was working on goes to another node. */
export async function deleteNode(deps: Pick<Deps, 'db' | 'clock' | 'links'>, ctx: Ctx, id: string): Promise<void> {
  const audit = { ctx, action: 'node.delete', subject: id, nowMs: deps.clock.nowMs() };
  if (!(await deleteNodeRow(deps.db, { workspace: ctx.workspace, id }, audit))) await notOwned(deps, ctx, id);
  forgetRoutes();
  await deps.links.remove(id);
}

async function serving(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string): Promise<NodeRow> {
  const row = await findServingNode(deps.db, { workspace: ctx.workspace, id });
  if (!row) throw new TallrecError('NOT_FOUND', `There is no node ${id}.`, { fix: 'GET /v1/nodes lists them.' });
  return row;
}

/** A shared node is seen by all, and changed by its owner alone. */
async function notOwned(deps: Pick<Deps, 'db'>, ctx: Ctx, id: string): Promise<never> {
  await serving(deps, ctx, id);
  throw new TallrecError('FORBIDDEN', `The node ${id} serves all workspaces.`, {
    fix: 'Ask the operator, whose it is.',
  });
}

function stateOf({ secretHash, connected, needsUpgrade }: NodeRow): Node['state'] {
  if (secretHash === null) return 'joining';
  if (connected) return 'online';
  return needsUpgrade ? 'upgrade' : 'offline';
}

/** Of a shared node nobody sees what it does for others: neither its job nor the adapters that it holds. */
export function toNode(row: NodeRow): Node {
  const shared = row.workspace === null;
  const { status } = row;
  return {
    id: row.id,
    name: row.name,
    shared,
    state: stateOf(row),
    connected: row.connected,
    draining: row.draining,
    lastSeenAt: isoOrNull(row.lastSeenAt),
    status: status && {
      version: status.version,
      provider: status.provider,
      precision: status.precision,
      memoryBytes: status.memoryBytes,
      models: status.models,
      adapters: shared ? [] : status.adapters,
      runningJob: shared ? null : status.runningJob,
      queuedRequests: status.queuedRequests,
      ...(status.encoder === undefined ? {} : { encoder: status.encoder }),
    },
    createdBy: row.createdBy,
    createdAt: iso(row.createdAt),
  };
}

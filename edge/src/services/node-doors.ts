// The doors of nodes themselves: joining, rotating their secret, draining, dialling in.
import { TallrecError } from '@tallrec/shared/errors';
import { LINK_VERSION } from '@tallrec/shared/wire/link';
import type { NodeSecret } from '@tallrec/shared/wire/nodes';
import type { Ctx, Deps } from '../deps.ts';
import { OPERATOR } from '../operator.ts';
import {
  endFormerSecrets,
  findNodeByJoinHash,
  findNodeBySecretHash,
  type NodeRow,
  rotateSecret,
  setDraining,
  setFirstSecret,
  setNeedsUpgrade,
} from '../repo/nodes.ts';
import { bearerOf, JOIN_TOKEN_PREFIX, NODE_SECRET_PREFIX, newSecret, sha256Hex } from './secrets.ts';

const ctxOf = (row: NodeRow): Ctx => ({ workspace: row.workspace ?? OPERATOR, actor: row.id });

/**
 * Gives a node its secret for its token. Until that secret is first used the token gives another one in its place, so that an answer
 * that was lost can be asked for again; then it is spent.
 * @throws TallrecError UNAUTHENTICATED
 */
export async function joinNode(
  deps: Pick<Deps, 'db' | 'clock'>,
  authorization: string | undefined,
): Promise<NodeSecret> {
  const refusal = new TallrecError(
    'UNAUTHENTICATED',
    'This join token is unknown, was used, or is older than an hour.',
    {
      fix: 'Make a new one: POST /v1/nodes for a new node, POST /v1/nodes/ID/token for one that is there.',
    },
  );
  const token = bearerOf(authorization);
  if (!token?.startsWith(JOIN_TOKEN_PREFIX)) throw refusal;
  const joinHash = await sha256Hex(token);
  const row = await findNodeByJoinHash(deps.db, joinHash);
  if (!row) throw refusal;
  const secret = newSecret(NODE_SECRET_PREFIX);
  const joined = await setFirstSecret(
    deps.db,
    { id: row.id, joinHash, secretHash: await sha256Hex(secret) },
    { ctx: ctxOf(row), action: 'node.join', subject: row.id, nowMs: deps.clock.nowMs() },
  );
  if (!joined) throw refusal;
  return { node: row.id, secret };
}

interface KnownNode {
  row: NodeRow;
  /** Of the secret that it came with. */
  secretHash: string;
}

/** @throws TallrecError UNAUTHENTICATED; an API key is no node's secret */
async function authenticateNode(deps: Pick<Deps, 'db'>, authorization: string | undefined): Promise<KnownNode> {
  const secret = bearerOf(authorization);
  const secretHash = secret?.startsWith(NODE_SECRET_PREFIX) ? await sha256Hex(secret) : undefined;
  const row = secretHash && (await findNodeBySecretHash(deps.db, secretHash));
  if (!secretHash || !row) {
    throw new TallrecError('UNAUTHENTICATED', 'This is not the secret of a node.', {
      fix: 'POST /v1/nodes/ID/token gives a token to join with anew: tallrec serve --edge URL --token TOKEN.',
    });
  }
  const firstUse = row.secretHash === secretHash && (row.joinHash !== null || row.oldSecretHash !== null);
  if (firstUse) await endFormerSecrets(deps.db, { id: row.id, secretHash });
  return { row, secretHash };
}

/** The secret that asks goes on to hold until the new one is first used. */
export async function rotateNodeSecret(
  deps: Pick<Deps, 'db' | 'clock'>,
  authorization: string | undefined,
): Promise<NodeSecret> {
  const { row, secretHash: inUse } = await authenticateNode(deps, authorization);
  const secret = newSecret(NODE_SECRET_PREFIX);
  const rotated = await rotateSecret(
    deps.db,
    { id: row.id, inUse, secretHash: await sha256Hex(secret) },
    { ctx: ctxOf(row), action: 'node.rotate', subject: row.id, nowMs: deps.clock.nowMs() },
  );
  if (!rotated)
    throw new TallrecError('CONFLICT', 'The secret of this node was rotated meanwhile.', { fix: 'Try again.' });
  return { node: row.id, secret };
}

/** @param readBody asked once it is known that a node sends it */
export async function drainSelf(
  deps: Pick<Deps, 'db' | 'clock'>,
  authorization: string | undefined,
  readBody: () => Promise<{ draining: boolean }>,
): Promise<{ node: string; draining: boolean }> {
  const { row } = await authenticateNode(deps, authorization);
  const { draining } = await readBody();
  const ctx = ctxOf(row);
  await setDraining(deps.db, { workspace: ctx.workspace, id: row.id }, draining, {
    ctx,
    action: draining ? 'node.drain' : 'node.resume',
    subject: row.id,
    nowMs: deps.clock.nowMs(),
  });
  return { node: row.id, draining };
}

/**
 * Lets a node dial in whose version of the link is the edge's.
 * @param version as it says in its handshake
 * @returns its id
 */
export async function admitNode(
  deps: Pick<Deps, 'db'>,
  authorization: string | undefined,
  version: string | undefined,
): Promise<string> {
  const { row } = await authenticateNode(deps, authorization);
  const fits = version === String(LINK_VERSION);
  if (row.needsUpgrade === fits) await setNeedsUpgrade(deps.db, row.id, !fits);
  if (fits) return row.id;
  const older = Number(version) > LINK_VERSION ? 'the edge' : 'tallrec on this machine';
  throw new TallrecError(
    'UPGRADE_REQUIRED',
    `The node speaks ${/^\d{1,9}$/.test(version ?? '') ? `version ${version}` : 'no stated version'} of the link, the edge version ${LINK_VERSION}.`,
    { fix: `Update ${older}, then start the node again.`, details: { edge: LINK_VERSION } },
  );
}

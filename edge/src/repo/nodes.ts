// Nodes in D1: whose they are, what lets them in, and what they last said of themselves.
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import type { PageQuery } from '@tallrec/shared/wire/page';
import { and, desc, eq, gt, isNotNull, isNull, or, sql } from 'drizzle-orm';
import { OPERATOR } from '../operator.ts';
import { type AuditInput, auditIfChanged } from './audit.ts';
import { afterCursor, type Db } from './db.ts';
import { nodes } from './schema.ts';

export type NodeRow = typeof nodes.$inferSelect;
export type NodeId = { workspace: string; id: string };

/** A workspace's own nodes; the operator's are those that serve all. */
const owned = (workspace: string) =>
  workspace === OPERATOR ? isNull(nodes.workspace) : eq(nodes.workspace, workspace);
/** Those that work for a workspace: its own, and the shared ones. */
const serving = (workspace: string) =>
  workspace === OPERATOR ? isNull(nodes.workspace) : or(eq(nodes.workspace, workspace), isNull(nodes.workspace));
const isOwned = ({ workspace, id }: NodeId) => and(owned(workspace), eq(nodes.id, id));

/** Creating again under the same id gives it a new token: the answer that held the first one was lost. */
export async function insertNode(db: Db, row: NodeRow, audit: AuditInput): Promise<void> {
  await db.batch([
    db
      .insert(nodes)
      .values(row)
      .onConflictDoUpdate({ target: nodes.id, set: { joinHash: row.joinHash, joinUntil: row.joinUntil } }),
    auditIfChanged(db, audit),
  ]);
}

/** One that works for the workspace. */
export async function findServingNode(db: Db, { workspace, id }: NodeId): Promise<NodeRow | undefined> {
  return await db
    .select()
    .from(nodes)
    .where(and(serving(workspace), eq(nodes.id, id)))
    .get();
}

export async function listNodeRows(db: Db, workspace: string, page: PageQuery): Promise<NodeRow[]> {
  return await db
    .select()
    .from(nodes)
    .where(and(serving(workspace), afterCursor(nodes.id, page)))
    .orderBy(desc(nodes.id))
    .limit(page.limit + 1);
}

/** One statement, alone or in a batch: all that work for the workspace, connected or not. */
export function nodesServing(db: Db, workspace: string) {
  return db.select().from(nodes).where(serving(workspace)).orderBy(nodes.id);
}

/** Of all workspaces: who could be given a job. */
export async function listAllConnectedNodes(db: Db): Promise<NodeRow[]> {
  return await db.select().from(nodes).where(eq(nodes.connected, true)).orderBy(nodes.id);
}

/** Those of them that are connected; one that is draining is among them. */
export async function listConnectedNodes(db: Db, workspace: string): Promise<NodeRow[]> {
  return await db
    .select()
    .from(nodes)
    .where(and(serving(workspace), eq(nodes.connected, true)))
    .orderBy(nodes.id);
}

/** Told by the node's own object alone, in the order in which it happened. */
export async function markNodeSeen(
  db: Db,
  id: string,
  seen: { connected: boolean; lastSeenAt: number; status?: NodeStatus },
): Promise<void> {
  const lastSeenAt = sql`max(coalesce(${nodes.lastSeenAt}, 0), ${seen.lastSeenAt})`;
  await db
    .update(nodes)
    .set({ ...seen, lastSeenAt })
    .where(eq(nodes.id, id));
}

/** Whether its version of the link is not the edge's. */
export async function setNeedsUpgrade(db: Db, id: string, needsUpgrade: boolean): Promise<void> {
  await db.update(nodes).set({ needsUpgrade }).where(eq(nodes.id, id));
}

/** @returns the row as it is now; undefined where the workspace owns no such node */
export async function setDraining(
  db: Db,
  node: NodeId,
  draining: boolean,
  audit: AuditInput,
): Promise<NodeRow | undefined> {
  const [, , rows] = await db.batch([
    db
      .update(nodes)
      .set({ draining })
      .where(and(isOwned(node), eq(nodes.draining, !draining))),
    auditIfChanged(db, audit),
    db.select().from(nodes).where(isOwned(node)),
  ]);
  return rows[0];
}

/** Ends its secret: it has to join again. */
export async function setJoinToken(
  db: Db,
  node: NodeId,
  token: { joinHash: string; joinUntil: number },
  audit: AuditInput,
): Promise<NodeRow | undefined> {
  const [rows] = await db.batch([
    db
      .update(nodes)
      .set({ ...token, secretHash: null, oldSecretHash: null, connected: false })
      .where(isOwned(node))
      .returning(),
    auditIfChanged(db, audit),
  ]);
  return rows[0];
}

/** @returns whether there was one */
export async function deleteNodeRow(db: Db, node: NodeId, audit: AuditInput): Promise<boolean> {
  const [rows] = await db.batch([
    db.delete(nodes).where(isOwned(node)).returning({ id: nodes.id }),
    auditIfChanged(db, audit),
  ]);
  return rows.length > 0;
}

export async function findNodeByJoinHash(db: Db, joinHash: string): Promise<NodeRow | undefined> {
  return await db.select().from(nodes).where(eq(nodes.joinHash, joinHash)).get();
}

/** @returns false where the token no longer holds */
export async function setFirstSecret(
  db: Db,
  { id, joinHash, secretHash }: { id: string; joinHash: string; secretHash: string },
  audit: AuditInput,
): Promise<boolean> {
  const [rows] = await db.batch([
    db
      .update(nodes)
      .set({ secretHash, oldSecretHash: null })
      .where(and(eq(nodes.id, id), eq(nodes.joinHash, joinHash), gt(nodes.joinUntil, audit.nowMs)))
      .returning({ id: nodes.id }),
    auditIfChanged(db, audit),
  ]);
  return rows.length > 0;
}

export async function findNodeBySecretHash(db: Db, secretHash: string): Promise<NodeRow | undefined> {
  return await db
    .select()
    .from(nodes)
    .where(or(eq(nodes.secretHash, secretHash), eq(nodes.oldSecretHash, secretHash)))
    .get();
}

/** @returns false where the secret in use holds no longer */
export async function rotateSecret(
  db: Db,
  { id, inUse, secretHash }: { id: string; inUse: string; secretHash: string },
  audit: AuditInput,
): Promise<boolean> {
  const [rows] = await db.batch([
    db
      .update(nodes)
      .set({ secretHash, oldSecretHash: inUse })
      .where(and(eq(nodes.id, id), or(eq(nodes.secretHash, inUse), eq(nodes.oldSecretHash, inUse))))
      .returning({ id: nodes.id }),
    auditIfChanged(db, audit),
  ]);
  return rows.length > 0;
}

/** The secret has been used: the token that it was given for, and the secret before it, end. */
export async function endFormerSecrets(db: Db, { id, secretHash }: { id: string; secretHash: string }): Promise<void> {
  await db
    .update(nodes)
    .set({ joinHash: null, joinUntil: null, oldSecretHash: null })
    .where(
      and(
        eq(nodes.id, id),
        eq(nodes.secretHash, secretHash),
        or(isNotNull(nodes.joinHash), isNotNull(nodes.oldSecretHash)),
      ),
    );
}

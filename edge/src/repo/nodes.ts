// Nodes in D1: who they are, and what they last said of themselves.
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import type { PageQuery } from '@tallrec/shared/wire/page';
import { and, desc, eq, isNull, lt, or } from 'drizzle-orm';
import type { Db } from './db.ts';
import { afterCursor } from './page.ts';
import { nodes } from './schema.ts';

export type NodeRow = typeof nodes.$inferSelect;

/** Creating again under the same id gives it a new secret: the answer that held the first one was lost. */
export async function insertNode(db: Db, row: NodeRow): Promise<void> {
  await db
    .insert(nodes)
    .values(row)
    .onConflictDoUpdate({ target: nodes.id, set: { secretHash: row.secretHash } });
}

export async function findNode(db: Db, id: string): Promise<NodeRow | undefined> {
  return await db.select().from(nodes).where(eq(nodes.id, id)).get();
}

export async function findNodeBySecretHash(db: Db, secretHash: string): Promise<NodeRow | undefined> {
  return await db.select().from(nodes).where(eq(nodes.secretHash, secretHash)).get();
}

export async function listNodeRows(db: Db, page: PageQuery): Promise<NodeRow[]> {
  return await db
    .select()
    .from(nodes)
    .where(afterCursor(nodes.id, page))
    .orderBy(desc(nodes.id))
    .limit(page.limit + 1);
}

export async function listConnectedNodes(db: Db): Promise<NodeRow[]> {
  return await db.select().from(nodes).where(eq(nodes.connected, true)).orderBy(nodes.id);
}

export async function setNodeSeen(
  db: Db,
  id: string,
  seen: { connected: boolean; lastSeenAt: number; status?: NodeStatus },
): Promise<void> {
  await db
    .update(nodes)
    .set(seen)
    .where(and(eq(nodes.id, id), or(isNull(nodes.lastSeenAt), lt(nodes.lastSeenAt, seen.lastSeenAt + 1))));
}

/** @returns whether there was one */
export async function deleteNodeRow(db: Db, id: string): Promise<boolean> {
  return (await db.delete(nodes).where(eq(nodes.id, id)).returning({ id: nodes.id })).length > 0;
}

// What has to be known to send something to a node, in one round trip to D1.
import { and, eq, isNull, or } from 'drizzle-orm';
import type { Db } from './db.ts';
import { adapters, aliases, nodes } from './schema.ts';

export type NodeRow = typeof nodes.$inferSelect;
export type AdapterRow = typeof adapters.$inferSelect;

/** Of all workspaces: who could be given a job. */
export async function listAllConnectedNodes(db: Db): Promise<NodeRow[]> {
  return await db.select().from(nodes).where(eq(nodes.connected, true)).orderBy(nodes.id);
}

export interface Route {
  /** The workspace's own and the shared ones, connected or not. */
  nodes: NodeRow[];
  adapter: AdapterRow | undefined;
}

/** @param ref a content hash or an alias; null for the base model alone */
export async function findRoute(db: Db, workspace: string, ref: string | null): Promise<Route> {
  const all = db
    .select()
    .from(nodes)
    .where(or(eq(nodes.workspace, workspace), isNull(nodes.workspace)));
  if (ref === null) return { nodes: await all, adapter: undefined };
  const named = db
    .select({ adapter: aliases.adapter })
    .from(aliases)
    .where(and(eq(aliases.workspace, workspace), eq(aliases.alias, ref)));
  const [nodeRows, adapterRows] = await db.batch([
    all,
    db
      .select()
      .from(adapters)
      .where(
        and(
          eq(adapters.workspace, workspace),
          eq(adapters.state, 'ready'),
          or(eq(adapters.id, ref), eq(adapters.id, named)),
        ),
      ),
  ]);
  return { nodes: nodeRows, adapter: adapterRows[0] };
}

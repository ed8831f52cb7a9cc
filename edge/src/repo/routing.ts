// What has to be known to send something to a node, in one round trip to D1.
import { type AdapterRow, adapterByRef } from './adapters.ts';
import type { Db } from './db.ts';
import { type NodeRow, nodesServing } from './nodes.ts';

export interface Route {
  /** The workspace's own and the shared ones, connected or not. */
  nodes: NodeRow[];
  adapter: AdapterRow | undefined;
}

/** @param ref a content hash or an alias; null for the base model alone */
export async function findRoute(db: Db, workspace: string, ref: string | null): Promise<Route> {
  const serving = nodesServing(db, workspace);
  if (ref === null) return { nodes: await serving, adapter: undefined };
  const [nodes, adapters] = await db.batch([serving, adapterByRef(db, workspace, ref)]);
  return { nodes, adapter: adapters[0] };
}

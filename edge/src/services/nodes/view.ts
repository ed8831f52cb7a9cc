// A node as the API shows it.
import type { Node } from '@tallrec/shared/wire/nodes';
import type { NodeRow } from '../../repo/nodes.ts';

export function toNode({ id, name, connected, lastSeenAt, status, createdAt }: NodeRow): Node {
  return {
    id,
    name,
    connected,
    lastSeenAt: lastSeenAt === null ? null : new Date(lastSeenAt).toISOString(),
    status,
    createdAt: new Date(createdAt).toISOString(),
  };
}

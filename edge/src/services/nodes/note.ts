import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import type { Deps } from '../../deps.ts';
import { setNodeSeen } from '../../repo/nodes.ts';

/** Takes note of a node that has come, gone or spoken. */
export async function noteNode(
  deps: Pick<Deps, 'db' | 'clock'>,
  node: string,
  seen: { connected: boolean; lastSeenAt?: number; status?: NodeStatus },
): Promise<void> {
  await setNodeSeen(deps.db, node, { lastSeenAt: deps.clock.nowMs(), ...seen });
}

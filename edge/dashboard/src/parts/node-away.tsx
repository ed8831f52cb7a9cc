// A job whose node is not there: that it waits to be taken up again, instead of a progress that stands still.
import { Alert } from '@mantine/core';
import { LIMITS } from '@tallrec/shared/limits';
import type { JobState } from '@tallrec/shared/wire/jobs';
import type { Node } from '@tallrec/shared/wire/nodes';
import { useQuery } from '@tanstack/react-query';
import { nodeOfJobQuery } from '../queries/nodes.ts';
import { texts } from '../texts.ts';

const WITH_A_NODE: readonly JobState[] = ['dispatched', 'running', 'publishing'];
/** What a node says of itself, and what is told of its job, may each be so old. */
const LAG_MS = 15_000;

export interface HeldJob {
  id: string;
  state: JobState;
  node: string | null;
  updatedAt: string;
}

/** Its node, where that has gone, or has come back and does something else. */
export function awayNodeOf(job: HeldJob, node: Node | undefined, nowMs: number): Node | null {
  if (!node || !WITH_A_NODE.includes(job.state)) return null;
  if (!node.connected) return node;
  const idle = node.status !== null && node.status.runningJob !== job.id;
  return idle && job.state === 'running' && nowMs - Date.parse(job.updatedAt) > LAG_MS ? node : null;
}

export function useAwayNode(job: HeldJob): Node | null {
  const asked = job.node !== null && WITH_A_NODE.includes(job.state);
  const { data } = useQuery({ ...nodeOfJobQuery(job.node ?? ''), enabled: asked });
  return awayNodeOf(job, data, Date.now());
}

export function NodeAway({ node: { name, connected, lastSeenAt } }: { node: Node }) {
  const sinceMs = lastSeenAt === null ? 0 : Date.now() - Date.parse(lastSeenAt);
  // Until then it is the node's own; after that whoever is free takes it up.
  const leftMs = connected ? 0 : Math.max(0, LIMITS.leaseMs - sinceMs);
  return (
    <Alert color="yellow" title={texts.nodes.away.title} role="status">
      {texts.nodes.away.body(name, Math.ceil(leftMs / 1000))}
    </Alert>
  );
}

import { TallrecError } from '@tallrec/shared/errors';
import type { Deps } from '../../deps.ts';
import { listJobsAtWork, NO_MODEL } from '../../repo/jobs.ts';
import { listConnectedNodes, type NodeRow } from '../../repo/nodes.ts';

function holdsModel(node: NodeRow, model: string): boolean {
  return node.status?.models.some(({ name }) => name === model) ?? false;
}

/** A connected node that holds the model (any for NO_MODEL) and has no job; the one with the fewest requests waiting. */
export async function chooseFreeNode(deps: Pick<Deps, 'db' | 'links'>, model: string): Promise<string | undefined> {
  const able = (await listConnectedNodes(deps.db)).filter((node) => model === NO_MODEL || holdsModel(node, model));
  if (able.length === 0) return undefined;
  const atWork = new Set((await listJobsAtWork(deps.db)).map(({ node }) => node));
  const idle = able.filter(({ id }) => !atWork.has(id)).sort((a, b) => queued(a) - queued(b));
  for (const { id } of idle) if (await deps.links.isFree(id)) return id;
  return undefined;
}

/**
 * Nodes that can score, best first: those that hold the model, then those that hold the adapter too, then the least loaded.
 * @throws TallrecError NODE_UNAVAILABLE when no connected node holds the model
 */
export async function rankNodes(deps: Pick<Deps, 'db'>, model: string, adapter: string | null): Promise<string[]> {
  const connected = await listConnectedNodes(deps.db);
  const able = connected.filter((node) => holdsModel(node, model));
  if (able.length === 0) {
    const held = [...new Set(connected.flatMap((node) => node.status?.models.map(({ name }) => name) ?? []))];
    throw new TallrecError('NODE_UNAVAILABLE', `No connected node holds the model "${model}".`, {
      fix: held.length
        ? `Connected nodes hold: ${held.join(', ')}. Use one of these, or start a node with the model: tallrec serve --models DIR.`
        : 'Start a node: tallrec serve --edge URL --token SECRET --models DIR.',
    });
  }
  const lacks = (node: NodeRow) => (adapter === null || node.status?.adapters.includes(adapter) ? 0 : 1);
  return able.sort((a, b) => lacks(a) - lacks(b) || queued(a) - queued(b)).map(({ id }) => id);
}

function queued(node: NodeRow): number {
  return node.status?.queuedRequests ?? 0;
}

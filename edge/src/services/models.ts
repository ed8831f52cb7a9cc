import type { Model } from '@tallrec/shared/wire/nodes';
import type { Ctx, Deps } from '../deps.ts';
import { listConnectedNodes, type NodeRow } from '../repo/nodes.ts';

/** @param hash of its content, where another of the same name will not do */
export function holdsModel({ status }: NodeRow, model: string, hash: string | null = null): boolean {
  return (
    status?.models.some(({ name, contentHash }) => name === model && (hash ?? contentHash) === contentHash) ?? false
  );
}

/** Of the model of this name, on any node: more than one where nodes differ, none where no node holds it. */
export function contentHashesOf(nodes: readonly NodeRow[], model: string): string[] {
  const models = nodes.flatMap(({ status }) => status?.models ?? []);
  return [...new Set(models.filter(({ name }) => name === model).map(({ contentHash }) => contentHash))];
}

/** In the order of the alphabet, each once. */
export function modelNamesOf(nodes: readonly NodeRow[]): string[] {
  return [...new Set(nodes.flatMap(({ status }) => status?.models.map(({ name }) => name) ?? []))].sort();
}

/** The models of the workspace's connected nodes and of shared ones; two contents under one name are two entries. */
export async function listModels(deps: Pick<Deps, 'db'>, ctx: Ctx): Promise<Model[]> {
  const models = new Map<string, Model>();
  for (const { id, status } of await listConnectedNodes(deps.db, ctx.workspace)) {
    for (const info of status?.models ?? []) {
      const key = `${info.name}\n${info.contentHash}`;
      const known = models.get(key);
      if (known) known.nodes.push(id);
      else models.set(key, { ...info, nodes: [id] });
    }
  }
  return [...models.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

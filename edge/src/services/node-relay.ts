// A request that a node answers at once: which nodes can, and the first of them that does.
import { refusedField, TallrecError } from '@tallrec/shared/errors';
import type { z } from 'zod';
import type { Ctx, Deps, RelayResponse } from '../deps.ts';
import type { NodeRow } from '../repo/nodes.ts';
import { forgetRoutesOf } from './known-routes.ts';
import { holdsModel, modelNamesOf } from './models.ts';
import { readAnswer } from './node-answer.ts';
import { countRequest } from './node-load.ts';

/** How many nodes are asked before a request is given up. */
const MAX_NODES = 3;
/** What another node may do better. */
const NEXT_NODE = new Set(['NODE_UNAVAILABLE', 'NODE_BUSY', 'ENGINE_FAILED', 'MODEL_UNKNOWN']);

export interface Asked {
  /** Aborted when the caller has gone: then the node is told too. */
  signal?: AbortSignal;
  /** Rejects where the caller may not ask now; awaited beside the record. */
  admission?: Promise<void>;
  /** Told of the milliseconds that the node took, by what took them. */
  onAnswer?: (took: Record<string, number>) => void;
}

/**
 * Nodes that can answer for this model now.
 * @param contentHash of the very checkpoint, where it matters; that some node has it under this name is known
 * @returns MODEL_UNKNOWN where no node holds it, NODE_UNAVAILABLE where those that do are away
 */
export function able(
  nodes: readonly NodeRow[],
  model: string,
  contentHash: string | null = null,
): NodeRow[] | TallrecError {
  const holders = nodes.filter((node) => holdsModel(node, model, contentHash));
  if (holders.length === 0) {
    const models = modelNamesOf(nodes);
    return refusedField('MODEL_UNKNOWN', 'model', `no node holds the model "${model}".`, {
      fix: models.length
        ? `Nodes hold: ${models.join(', ')}. Use one of these, or start a node with the model: tallrec serve --models DIR.`
        : 'Start a node: POST /v1/nodes gives a token, then tallrec serve --edge URL --token TOKEN.',
      details: { models },
    });
  }
  const online = holders.filter(({ connected, draining }) => connected && !draining);
  if (online.length > 0) return online;
  return new TallrecError('NODE_UNAVAILABLE', `The nodes that hold the model "${model}" are not connected just now.`, {
    fix: `Try again shortly, or start one of: ${holders.map(({ name }) => name).join(', ')}.`,
    details: { retryAfterMs: 5000 },
  });
}

/**
 * Sends a request to the first of these nodes that can answer it.
 * @throws TallrecError as the last of them refused it
 */
export async function relay<S extends z.ZodType>(
  deps: Pick<Deps, 'links'>,
  { workspace }: Ctx,
  nodes: readonly NodeRow[],
  path: string,
  body: unknown,
  answer: S,
  { signal, onAnswer }: Asked = {},
): Promise<z.output<S>> {
  const text = JSON.stringify(body);
  let last: unknown;
  for (const { id } of nodes.slice(0, MAX_NODES)) {
    const answered = countRequest(id);
    let inFlight: number | null = null;
    try {
      const response = await deps.links.request(id, { method: 'POST', path, body: text }, signal);
      inFlight = response.inFlight;
      onAnswer?.(tookOf(response));
      return readAnswer(response, answer);
    } catch (error) {
      last = error;
      if (error instanceof TallrecError && error.code === 'NODE_UNAVAILABLE') forgetRoutesOf(workspace);
      if (!(error instanceof TallrecError) || !NEXT_NODE.has(error.code)) throw error;
    } finally {
      answered(inFlight);
    }
  }
  throw last;
}

function tookOf({ nodeMs, timings }: RelayResponse): Record<string, number> {
  return timings ? { queue: timings.queueMs, engine: timings.engineMs, node: nodeMs } : { node: nodeMs };
}

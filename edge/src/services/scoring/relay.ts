import { TallrecError } from '@tallrec/shared/errors';
import { errorBodySchema } from '@tallrec/shared/wire/page';
import type { z } from 'zod';
import type { Deps } from '../../deps.ts';

/** How many nodes are asked before a request is given up. */
const MAX_NODES = 3;
/** What another node may do better. */
const NEXT_NODE = new Set(['NODE_UNAVAILABLE', 'NODE_BUSY', 'ENGINE_FAILED', 'MODEL_UNSUPPORTED']);

/**
 * Sends a request to the first of these nodes that can answer it.
 * @throws TallrecError as the last of them refused it
 */
export async function relay<S extends z.ZodType>(
  deps: Pick<Deps, 'links'>,
  nodes: readonly string[],
  path: string,
  body: unknown,
  answer: S,
): Promise<z.output<S>> {
  let last: unknown;
  for (const node of nodes.slice(0, MAX_NODES)) {
    try {
      const response = await deps.links.request(node, { method: 'POST', path, body: JSON.stringify(body) });
      return read(response.status, response.body, answer);
    } catch (error) {
      last = error;
      if (!(error instanceof TallrecError) || !NEXT_NODE.has(error.code)) throw error;
    }
  }
  throw last;
}

/** A node is not trusted to keep to the contract. */
function read<S extends z.ZodType>(status: number, text: string, answer: S): z.output<S> {
  const body: unknown = JSON.parse(text);
  if (status === 200) {
    const parsed = answer.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new TallrecError('INTERNAL', "The node's answer was not understood.", { cause: parsed.error });
  }
  const refusal = errorBodySchema.safeParse(body);
  if (!refusal.success) {
    throw new TallrecError('INTERNAL', "The node's answer was not understood.", {
      cause: new Error(`status ${status}`),
    });
  }
  const { code, message, details } = refusal.data.error;
  throw new TallrecError(code, message, details === undefined ? {} : { details });
}

// What a node answered to a request that was relayed to it.
import { TallrecError } from '@tallrec/shared/errors';
import { parseJson } from '@tallrec/shared/json';
import { errorBodySchema } from '@tallrec/shared/wire/page';
import type { z } from 'zod';
import type { RelayResponse } from '../deps.ts';

/**
 * A node is not trusted to keep to the contract.
 * @throws TallrecError as the node refused, INTERNAL where its answer is none
 */
export function readAnswer<S extends z.ZodType>(
  { status, body: text }: Pick<RelayResponse, 'status' | 'body'>,
  answer: S,
): z.output<S> {
  const body = parseJson(text);
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

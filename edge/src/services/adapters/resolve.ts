import { TallrecError } from '@tallrec/shared/errors';
import type { Ctx, Deps } from '../../deps.ts';
import { type AdapterRow, findAdapter } from '../../repo/adapters.ts';

export function noSuchAdapter(ref: string): TallrecError {
  return new TallrecError('NOT_FOUND', `There is no adapter ${ref}.`, {
    fix: 'GET /v1/adapters lists adapters and their aliases.',
  });
}

/**
 * @param ref a content hash or an alias
 * @param model what it is to be used with
 * @throws TallrecError NOT_FOUND, or ADAPTER_INVALID when it is of another model
 */
export async function resolveAdapter(
  deps: Pick<Deps, 'db'>,
  ctx: Ctx,
  ref: string,
  model?: string,
): Promise<AdapterRow> {
  const adapter = await findAdapter(deps.db, ctx.workspace, ref);
  if (!adapter) throw noSuchAdapter(ref);
  if (model !== undefined && adapter.model !== model) {
    throw new TallrecError('ADAPTER_INVALID', `The adapter ${ref} was tuned on ${adapter.model}, not on ${model}.`, {
      fix: `Use it with the model ${adapter.model}.`,
    });
  }
  return adapter;
}

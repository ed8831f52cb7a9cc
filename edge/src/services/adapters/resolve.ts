import { TallrecError } from '@tallrec/shared/errors';
import type { Deps } from '../../deps.ts';
import { type AdapterWithAliases, findAdapter, findAlias } from '../../repo/adapters.ts';

const CONTENT_HASH = /^[0-9a-f]{64}$/;

/**
 * @param ref a content hash or an alias
 * @param model what it is to be used with
 * @throws TallrecError NOT_FOUND, or ADAPTER_INVALID when it is of another model
 */
export async function resolveAdapter(deps: Pick<Deps, 'db'>, ref: string, model?: string): Promise<AdapterWithAliases> {
  const id = CONTENT_HASH.test(ref) ? ref : await findAlias(deps.db, ref);
  const adapter = id === undefined ? undefined : await findAdapter(deps.db, id);
  if (!adapter) {
    throw new TallrecError('NOT_FOUND', `There is no adapter ${ref}.`, {
      fix: 'GET /v1/adapters lists adapters and their aliases.',
    });
  }
  if (model !== undefined && adapter.model !== model) {
    throw new TallrecError('ADAPTER_INVALID', `The adapter ${ref} was tuned on ${adapter.model}, not on ${model}.`, {
      fix: `Use it with the model ${adapter.model}.`,
    });
  }
  return adapter;
}

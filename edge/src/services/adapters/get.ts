import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { Deps } from '../../deps.ts';
import { resolveAdapter } from './resolve.ts';
import { toAdapter } from './view.ts';

/** @param ref a content hash or an alias */
export async function getAdapter(deps: Pick<Deps, 'db'>, ref: string): Promise<Adapter> {
  return toAdapter(await resolveAdapter(deps, ref));
}

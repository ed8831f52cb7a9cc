// Paths on the edge that carry their own permission.
import { type Grant, signGrant } from '@tallrec/shared/signing';
import type { Deps } from '../deps.ts';

export const TRANSFERS_PATH = '/v1/transfers';

/** Good for what the grant says, until its `exp` or while its fence holds, for whoever has it. */
export async function signedPath(deps: Pick<Deps, 'signing'>, grant: Grant): Promise<string> {
  return `${TRANSFERS_PATH}/${await signGrant(grant, deps.signing)}`;
}

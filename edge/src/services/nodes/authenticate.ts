import { TallrecError } from '@tallrec/shared/errors';
import type { Deps } from '../../deps.ts';
import { findNodeBySecretHash } from '../../repo/nodes.ts';
import { sha256Hex } from '../keys/secret.ts';
import { NODE_SECRET_PREFIX } from './create.ts';

/**
 * @returns the id of the node whose secret this is
 * @throws TallrecError UNAUTHENTICATED; an API key is no node's secret
 */
export async function authenticateNode(deps: Pick<Deps, 'db'>, authorization: string | undefined): Promise<string> {
  const secret = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  const row = secret?.startsWith(NODE_SECRET_PREFIX)
    ? await findNodeBySecretHash(deps.db, await sha256Hex(secret))
    : undefined;
  if (row) return row.id;
  throw new TallrecError('UNAUTHENTICATED', 'This is not the secret of a node.', {
    fix: 'POST /v1/nodes gives one; it cannot be shown again.',
  });
}

import type { Node } from '@tallrec/shared/wire/nodes';
import type { Deps } from '../../deps.ts';
import { insertNode } from '../../repo/nodes.ts';
import { sha256Hex } from '../keys/secret.ts';
import { toNode } from './view.ts';

/** 256 random bits behind a prefix that scanners for leaked secrets can find. */
export const NODE_SECRET_PREFIX = 'tlr_node_';

/** The secret is in this answer and nowhere else: only its SHA-256 is kept. */
export async function createNode(
  deps: Pick<Deps, 'db' | 'clock' | 'newId'>,
  { name }: { name: string },
): Promise<{ node: Node; secret: string }> {
  const random = crypto.getRandomValues(new Uint8Array(32));
  const secret = NODE_SECRET_PREFIX + random.toBase64({ alphabet: 'base64url', omitPadding: true });
  const row = {
    id: deps.newId('node'),
    name,
    secretHash: await sha256Hex(secret),
    connected: false,
    lastSeenAt: null,
    status: null,
    createdAt: deps.clock.nowMs(),
  };
  await insertNode(deps.db, row);
  return { node: toNode(row), secret };
}

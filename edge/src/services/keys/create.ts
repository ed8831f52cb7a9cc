import type { ApiKey, createKeySchema } from '@tallrec/shared/wire/keys';
import type { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { insertKey } from '../../repo/keys.ts';
import { hintOf, newKeySecret, sha256Hex } from './secret.ts';
import { toApiKey } from './view.ts';

/** The secret is in this answer and nowhere else: only its SHA-256 is kept. */
export async function createKey(
  deps: Pick<Deps, 'db' | 'clock' | 'newId'>,
  input: z.infer<typeof createKeySchema>,
): Promise<{ apiKey: ApiKey; key: string }> {
  const key = newKeySecret();
  const row = {
    id: deps.newId('key'),
    name: input.name,
    hash: await sha256Hex(key),
    hint: hintOf(key),
    scopes: input.scopes,
    requestsPerMinute: input.requestsPerMinute,
    createdAt: deps.clock.nowMs(),
    revokedAt: null,
  };
  await insertKey(deps.db, row);
  return { apiKey: toApiKey(row), key };
}

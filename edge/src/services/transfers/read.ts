// Bytes that go out by a signed URL, whole or a range.
import { TallrecError } from '@tallrec/shared/errors';
import { verifyGrant } from '@tallrec/shared/signing';
import type { Deps } from '../../deps.ts';

/** @param headers the request's: Range and If-None-Match are honoured */
export async function readTransfer(
  deps: Pick<Deps, 'bucket' | 'clock' | 'secrets'>,
  token: string,
  headers: Headers,
): Promise<R2ObjectBody | R2Object> {
  const grant = await verifyGrant(token, deps.secrets.signingSecret, deps.clock.nowMs());
  if (grant.op !== 'get') throw new TallrecError('FORBIDDEN', 'This signed URL is for writing.', { fix: 'Use PUT.' });
  const range = headers.has('Range') ? { range: headers } : {};
  const object = await deps.bucket.get(grant.key, { onlyIf: headers, ...range });
  if (!object) throw new TallrecError('NOT_FOUND', 'These bytes are no more.');
  return object;
}

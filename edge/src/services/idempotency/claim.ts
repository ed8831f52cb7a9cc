// One POST under an Idempotency-Key: run it, give its answer again, or refuse.
import { TallrecError } from '@tallrec/shared/errors';
import { type Noun, newId } from '@tallrec/shared/ids';
import { LIMITS } from '@tallrec/shared/limits';
import type { Deps } from '../../deps.ts';
import { deleteClaim, type IdempotencyRow, insertClaim, recordAnswer, takeOverClaim } from '../../repo/idempotency.ts';
import { seal, unseal } from './seal.ts';

/** A request that has said nothing for so long has died: its key may be worked on again. */
const STALE_CLAIM_MS = 60_000;
/** A longer answer is not kept; D1 takes rows up to 2 MB. */
const ANSWER_CHARACTERS = 512 * 1024;

export type Claim =
  | { run: false; status: number; body: string }
  | { run: true; row: IdempotencyRow; newId: (noun: Noun) => string };

/**
 * The ids of whatever is made under this key: the same each time it is tried, as creating under a known id creates nothing new.
 */
async function idsUnder(row: IdempotencyRow): Promise<(noun: Noun) => string> {
  const seed = new TextEncoder().encode(`${row.apiKey}\n${row.key}\n${row.createdAt}`);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', seed));
  let at = 0;
  return (noun) => newId(noun, row.createdAt, () => digest[at++ % digest.length]! / 256);
}

/** @throws TallrecError IDEMPOTENCY_MISMATCH for another request under the key, CONFLICT while the first is still at work or cannot be read any more */
export async function claimIdempotencyKey(
  deps: Pick<Deps, 'db' | 'clock' | 'signing'>,
  request: { apiKey: string; key: string; requestHash: string },
): Promise<Claim> {
  const nowMs = deps.clock.nowMs();
  const { row, fresh } = await insertClaim(deps.db, {
    ...request,
    nowMs,
    expiredBeforeMs: nowMs - LIMITS.idempotencyTtlMs,
  });
  if (row.requestHash !== request.requestHash) {
    throw new TallrecError('IDEMPOTENCY_MISMATCH', 'This Idempotency-Key was used for a different request.', {
      fix: 'Use a new one for each new request, and the same one only to repeat a request unchanged.',
    });
  }
  if (row.status !== null) {
    return { run: false, status: row.status, body: await unseal(row.body!, deps.signing) };
  }
  const stale = nowMs - row.claimedAt > STALE_CLAIM_MS;
  if (!fresh && !(stale && (await takeOverClaim(deps.db, row, nowMs)))) {
    throw new TallrecError('CONFLICT', 'The first request with this Idempotency-Key is still at work.', {
      fix: 'Repeat it in a moment.',
      details: { retryAfterMs: Math.max(1000, row.claimedAt + STALE_CLAIM_MS - nowMs) },
    });
  }
  return { run: true, row: fresh ? row : { ...row, claimedAt: nowMs }, newId: await idsUnder(row) };
}

/** Keeps the answer of a request that succeeded; a refused one leaves its key free. */
export async function settleIdempotencyKey(
  deps: Pick<Deps, 'db' | 'signing'>,
  row: IdempotencyRow,
  answer: { status: number; body: string },
): Promise<void> {
  const kept = answer.status < 300 && answer.body.length <= ANSWER_CHARACTERS;
  if (!kept) return await deleteClaim(deps.db, row);
  const body = await seal(answer.body, deps.signing);
  await recordAnswer(deps.db, row, { status: answer.status, body });
}

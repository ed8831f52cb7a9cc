// One POST under an Idempotency-Key: run it, give its answer again, or refuse.

import { TallrecError } from '@tallrec/shared/errors';
import { type Noun, newId } from '@tallrec/shared/ids';
import { LIMITS } from '@tallrec/shared/limits';
import type { SigningRing } from '@tallrec/shared/signing';
import type { Deps } from '../deps.ts';
import { deleteClaim, type IdempotencyRow, insertClaim, recordAnswer, takeOverClaim } from '../repo/idempotency.ts';

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

// Answers kept for repetition may hold a new key: they lie in D1 under AES-GCM, with a key derived from one of the signing ring.

const encoder = new TextEncoder();

async function sealingKey(secret: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey']);
  return await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode('idempotency answers') },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}

const IV_BYTES = 12;

/** @returns the id of the first key of the ring, and base64 of a random IV and the cipher text */
export async function seal(text: string, [{ id, secret }]: SigningRing): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const cipher = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await sealingKey(secret), encoder.encode(text));
  const sealed = new Uint8Array(IV_BYTES + cipher.byteLength);
  sealed.set(iv);
  sealed.set(new Uint8Array(cipher), IV_BYTES);
  return `${id}.${sealed.toBase64()}`;
}

/** @throws TallrecError CONFLICT where its key is no longer in the ring */
export async function unseal(sealed: string, ring: SigningRing): Promise<string> {
  const [id, base64 = ''] = sealed.split('.');
  const key = ring.find((one) => one.id === id);
  if (!key) {
    throw new TallrecError('CONFLICT', 'The first answer under this Idempotency-Key can no longer be read.', {
      fix: 'List what was made, and use a new Idempotency-Key to make something new.',
    });
  }
  const bytes = Uint8Array.fromBase64(base64);
  const iv = bytes.subarray(0, IV_BYTES);
  const sealing = await sealingKey(key.secret);
  const text = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, sealing, bytes.subarray(IV_BYTES));
  return new TextDecoder().decode(text);
}

// Answers kept for repetition may hold a new key: they lie in D1 under AES-GCM, with a key derived from one of the signing ring.
import { TallrecError } from '@tallrec/shared/errors';
import type { SigningRing } from '@tallrec/shared/signing';

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

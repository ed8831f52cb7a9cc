// Answers kept for repetition may hold a new key: they lie in D1 under AES-GCM, with a key derived from the signing secret.
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

/** @returns base64 of a random IV and the cipher text */
export async function seal(text: string, secret: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const cipher = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await sealingKey(secret), encoder.encode(text));
  const sealed = new Uint8Array(IV_BYTES + cipher.byteLength);
  sealed.set(iv);
  sealed.set(new Uint8Array(cipher), IV_BYTES);
  return sealed.toBase64();
}

export async function unseal(sealed: string, secret: string): Promise<string> {
  const bytes = Uint8Array.fromBase64(sealed);
  const iv = bytes.subarray(0, IV_BYTES);
  const text = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, await sealingKey(secret), bytes.subarray(IV_BYTES));
  return new TextDecoder().decode(text);
}

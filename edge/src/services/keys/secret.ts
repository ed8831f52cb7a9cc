// The secret of an API key: 256 random bits behind a prefix that scanners for leaked secrets can find.
export const KEY_PREFIX = 'tlr_';
const HINT_CHARACTERS = KEY_PREFIX.length + 4;

export function newKeySecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return KEY_PREFIX + bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
}

export function hintOf(secret: string): string {
  return `${secret.slice(0, HINT_CHARACTERS)}…`;
}

/** @returns lower-case hex */
export async function sha256Hex(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex();
}

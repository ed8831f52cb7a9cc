// Secrets that are handed out: 256 random bits behind a prefix that scanners for leaked secrets can find. Only their hashes are kept.
export const KEY_PREFIX = 'tlr_';
export const JOIN_TOKEN_PREFIX = 'tlr_join_';
export const NODE_SECRET_PREFIX = 'tlr_node_';
export const SESSION_PREFIX = 'tlr_session_';
export const LINK_PREFIX = 'tlr_link_';
const HINT_CHARACTERS = KEY_PREFIX.length + 4;

export function newSecret(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return prefix + bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
}

/** The first characters, to tell keys apart. */
export function hintOf(key: string): string {
  return `${key.slice(0, HINT_CHARACTERS)}…`;
}

/** @returns lower-case hex */
export async function sha256Hex(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex();
}

/** What the header Authorization carries. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

// Signed URLs: a token that says what may be done to which bytes and until when, under an HMAC (WebCrypto, SHA-256) of one key of a ring.
import { z } from 'zod';
import { TallrecError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** `exp` is Unix time in milliseconds. What a job holds has none: its fence guards it. */
const exp = z.number().int();
const fence = { job: z.string().min(1), fence: z.number().int().min(0) };

/** What a token permits. */
export const grantSchema = z.discriminatedUnion('op', [
  /** Bytes of one part of an upload, which says itself where they go, how many there are and what their checksum is. */
  z.object({
    op: z.literal('put-part'),
    upload: z.string().min(1),
    part: z.number().int().min(1).max(LIMITS.uploadParts),
    exp,
  }),
  z.object({ op: z.literal('get'), key: z.string().min(1), exp }),
  /** Input of a job, while its fence holds. */
  z.object({ op: z.literal('get-input'), key: z.string().min(1), ...fence }),
  /** All that a job's node uploads: results and checkpoints, while its fence holds. */
  z.object({ op: z.literal('put-results'), ...fence }),
]);
export type Grant = z.infer<typeof grantSchema>;

/**
 * Signing keys by their ids. The first one signs, all verify: a new key is put in front, and the old one is taken out once nothing
 * that it signed is in use any more.
 */
export type SigningRing = readonly [SigningKey, ...SigningKey[]];
export interface SigningKey {
  id: string;
  secret: string;
}

const MIN_SECRET_CHARACTERS = 16;
const KEY = new RegExp(`^([a-z0-9]{1,16}):(.{${MIN_SECRET_CHARACTERS},})$`);

/**
 * @param text `id:secret`, several of them separated by commas, the one that signs first
 * @throws RangeError where it cannot be read; the message holds nothing of the secrets
 */
export function parseSigningRing(text: string): SigningRing {
  const keys = text.split(',').map((part, at) => {
    const [, id, secret] = KEY.exec(part.trim()) ?? [];
    if (id && secret) return { id, secret };
    throw new RangeError(
      `key ${at + 1} is not written as id:secret, the id in lower-case letters and digits, the secret of ${MIN_SECRET_CHARACTERS} characters or more`,
    );
  });
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new RangeError('two keys have the same id');
  return keys as [SigningKey, ...SigningKey[]];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

const imported = new Map<string, Promise<CryptoKey>>();

function importKey(secret: string): Promise<CryptoKey> {
  const known = imported.get(secret);
  if (known) return known;
  const key = crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);
  imported.set(secret, key);
  return key;
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}

/** @returns `key id.payload.signature`, the latter two base64url, fit for a URL path */
export async function signGrant(grant: Grant, [{ id, secret }]: SigningRing): Promise<string> {
  const signed = `${id}.${toBase64Url(encoder.encode(JSON.stringify(grantSchema.parse(grant))))}`;
  const signature = await crypto.subtle.sign('HMAC', await importKey(secret), encoder.encode(signed));
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`;
}

/**
 * @param nowMs Unix time in milliseconds
 * @throws TallrecError TOKEN_INVALID on a token that none of these keys has signed, TOKEN_EXPIRED on one that is too old
 */
export async function verifyGrant(token: string, ring: SigningRing, nowMs: number): Promise<Grant> {
  const [id, payload, signature, ...rest] = token.split('.');
  const invalid = () =>
    new TallrecError('TOKEN_INVALID', 'This signed URL is not valid.', {
      fix: 'Ask for a new one and use it unchanged.',
    });
  const key = ring.find((one) => one.id === id);
  if (!key || !payload || !signature || rest.length > 0) throw invalid();
  let grant: Grant;
  try {
    const genuine = await crypto.subtle.verify(
      'HMAC',
      await importKey(key.secret),
      fromBase64Url(signature),
      encoder.encode(`${id}.${payload}`),
    );
    if (!genuine) throw invalid();
    grant = grantSchema.parse(JSON.parse(decoder.decode(fromBase64Url(payload))));
  } catch (error) {
    throw error instanceof TallrecError ? error : invalid();
  }
  if ('exp' in grant && grant.exp <= nowMs) {
    throw new TallrecError('TOKEN_EXPIRED', 'This signed URL has expired.', { fix: 'Ask for a new one.' });
  }
  return grant;
}

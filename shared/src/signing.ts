// Signed URLs: a token that says what may be done to which bytes and until when, under an HMAC (WebCrypto, SHA-256).
import { z } from 'zod';
import { TallrecError } from './errors.ts';
import { sha256Schema } from './ids.ts';

/** What a token permits. `exp` is Unix time in milliseconds. */
export const grantSchema = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('put'),
    key: z.string().min(1),
    bytes: z.number().int().min(0),
    sha256: sha256Schema.optional(),
    exp: z.number().int(),
  }),
  z.object({
    op: z.literal('put-part'),
    key: z.string().min(1),
    uploadId: z.string().min(1),
    part: z.number().int().min(1).max(10_000),
    bytes: z.number().int().min(1),
    exp: z.number().int(),
  }),
  /** A node's result: its size is not known beforehand, and the fence must still hold when it comes. */
  z.object({
    op: z.literal('put-result'),
    key: z.string().min(1),
    maxBytes: z.number().int().min(1),
    job: z.string().min(1),
    fence: z.number().int().min(0),
    exp: z.number().int(),
  }),
  z.object({ op: z.literal('get'), key: z.string().min(1), exp: z.number().int() }),
]);
export type Grant = z.infer<typeof grantSchema>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

function importKey(secret: string) {
  return crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);
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

/** @returns `payload.signature`, both base64url, fit for a URL path */
export async function signGrant(grant: Grant, secret: string): Promise<string> {
  const payload = toBase64Url(encoder.encode(JSON.stringify(grantSchema.parse(grant))));
  const signature = await crypto.subtle.sign('HMAC', await importKey(secret), encoder.encode(payload));
  return `${payload}.${toBase64Url(new Uint8Array(signature))}`;
}

/**
 * @param nowMs Unix time in milliseconds
 * @throws TallrecError TOKEN_INVALID on a token that was not signed with this secret, TOKEN_EXPIRED on one that is too old
 */
export async function verifyGrant(token: string, secret: string, nowMs: number): Promise<Grant> {
  const [payload, signature, ...rest] = token.split('.');
  const invalid = () =>
    new TallrecError('TOKEN_INVALID', 'This signed URL is not valid.', {
      fix: 'Ask for a new one and use it unchanged.',
    });
  if (!payload || !signature || rest.length > 0) throw invalid();
  let grant: Grant;
  try {
    const genuine = await crypto.subtle.verify(
      'HMAC',
      await importKey(secret),
      fromBase64Url(signature),
      encoder.encode(payload),
    );
    if (!genuine) throw invalid();
    grant = grantSchema.parse(JSON.parse(decoder.decode(fromBase64Url(payload))));
  } catch (error) {
    throw error instanceof TallrecError ? error : invalid();
  }
  if (grant.exp <= nowMs) {
    throw new TallrecError('TOKEN_EXPIRED', 'This signed URL has expired.', { fix: 'Ask for a new one.' });
  }
  return grant;
}

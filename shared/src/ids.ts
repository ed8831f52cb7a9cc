// Ids that sort by time of creation: a prefix that names the noun, then a ULID.
import { ulid } from 'ulid';
import { z } from 'zod';

export const ID_PREFIXES = {
  workspace: 'ws',
  key: 'key',
  dataset: 'ds',
  tuning: 'tun',
  evaluation: 'eval',
  scoring: 'scr',
  node: 'node',
  request: 'req',
  upload: 'up',
  audit: 'aud',
} as const;
export type Noun = keyof typeof ID_PREFIXES;

const pool = new Uint8Array(1024);
let used = pool.length;

/** Asking the system for one byte at a time, as ulid does by itself, costs more than all else of an id. */
function randomByte(): number {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  return pool[used++]! / 256;
}

/**
 * @param nowMs milliseconds since the epoch, so that a clock can be handed in
 * @param random numbers in [0, 1), for an id that must come out the same again
 */
export function newId(noun: Noun, nowMs: number, random: () => number = randomByte): string {
  return `${ID_PREFIXES[noun]}_${ulid(nowMs, random).toLowerCase()}`;
}

export function idSchema(noun: Noun) {
  const prefix = ID_PREFIXES[noun];
  return z
    .string()
    .regex(
      new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`),
      `not the id of ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}: it looks like ${prefix}_01jd…`,
    )
    .meta({ example: `${prefix}_01jd3x6k8w5v0e9s2m4q7r1tza` });
}

/** Lower-case hex SHA-256. */
export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'not a SHA-256: 64 lower-case hex digits')
  .meta({ example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' });

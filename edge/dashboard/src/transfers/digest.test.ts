import { createHash } from 'node:crypto';
import { LIMITS } from '@tallrec/shared/limits';
import { expect, it } from 'vitest';
import { digestOf } from './digest.ts';

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

it.each([0, 1, LIMITS.uploadPartBytes, LIMITS.uploadPartBytes + 3])('hashes %d bytes as Node does', async (size) => {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 997) bytes[at] = at % 251;
  const read: number[] = [];
  const digest = await digestOf(new Blob([bytes]), (count) => read.push(count));
  expect(digest.sha256).toBe(hash(bytes));
  const parts = Array.from({ length: Math.max(1, Math.ceil(size / LIMITS.uploadPartBytes)) }, (_, at) =>
    hash(bytes.subarray(at * LIMITS.uploadPartBytes, (at + 1) * LIMITS.uploadPartBytes)),
  );
  expect(digest.parts).toEqual(parts);
  expect(read).toEqual([...read].sort((a, b) => a - b));
  if (size > LIMITS.uploadPartBytes) expect(read.at(-1)).toBe(size);
});

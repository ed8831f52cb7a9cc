import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDomain, splitValidation } from './domain.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'domain-'));
});
afterEach(() => rm(dir, { recursive: true }));

describe('a domain without training samples', () => {
  it('parts its validation rows in two, between users', () => {
    const users = fc.array(fc.nat({ max: 5 }), { maxLength: 8 });
    fc.assert(
      fc.property(users, (runs) => {
        const rows = runs.flatMap((length, user) => Array.from({ length }, (_, i) => ({ user: `u${user}`, i })));
        const { train, valid } = splitValidation(rows);
        expect([...train, ...valid]).toEqual(rows);
        expect(train.length).toBeGreaterThanOrEqual(Math.floor(rows.length / 2));
        const trained = new Set(train.map(({ user }) => user));
        expect(valid.some(({ user }) => trained.has(user))).toBe(false);
      }),
    );
  });

  it('halves rows that name no users', () => {
    const rows = Array.from({ length: 7 }, (_, i) => ({ i, user: undefined }));
    expect(splitValidation(rows)).toEqual({ train: rows.slice(0, 3), valid: rows.slice(3) });
  });

  it('says which file is missing', async () => {
    await writeFile(join(dir, 'valid.json'), '[]');
    await expect(openDomain(dir)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('no test.json'),
    });
  });
});

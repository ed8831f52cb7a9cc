import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HashedFiles } from './hashed-files.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hashed-files-'));
});
afterEach(() => rm(dir, { recursive: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const file = (text: string) => ({ sha256: sha256(text), bytes: text.length, path: `/signed/${text}` });

const fetched: string[] = [];
afterEach(() => void fetched.splice(0));
/** Sends what stands behind the last slash. */
const edge = {
  download: async (path: string, target: string, { sha256: wanted }: { sha256?: string | undefined } = {}) => {
    fetched.push(path);
    const text = path.split('/').at(-1)!;
    if (wanted !== sha256(text)) throw new TallrecError('CHECKSUM_MISMATCH', 'Not its bytes.');
    await writeFile(target, text);
    return { sha256: sha256(text), bytes: text.length };
  },
};

describe('documents by their hash', () => {
  it('are fetched once however many ask, whatever path they are signed with, and found again after a start', async () => {
    const files = await HashedFiles.open(dir, edge);
    const [a, b] = await Promise.all([files.locate(file('one')), files.locate(file('one'))]);
    expect([await readFile(a, 'utf8'), b]).toEqual(['one', a]);
    expect(await files.locate({ ...file('one'), path: '/other' })).toBe(a);
    await writeFile(join(dir, `${sha256('half')}.json.download`), 'ha');
    const later = await HashedFiles.open(dir, edge);
    expect(await later.locate(file('one'))).toBe(a);
    expect(fetched).toEqual(['/signed/one']);
    expect(await readdir(dir)).toEqual([`${sha256('one')}.json`]);
  });

  it('of other bytes are refused, and leave nothing behind', async () => {
    const files = await HashedFiles.open(dir, edge);
    await expect(files.locate({ ...file('one'), path: '/signed/two' })).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
    });
    expect(await readdir(dir)).toEqual([]);
    expect(await readFile(await files.locate(file('one')), 'utf8')).toBe('one');
  });

  it('make room for others, those that were not used for the longest time first', async () => {
    const files = await HashedFiles.open(dir, edge, { maxBytes: 6 });
    for (const text of ['one', 'two', 'one', 'six']) await files.locate(file(text));
    await expect.poll(() => readdir(dir)).toHaveLength(2);
    await files.locate(file('one'));
    expect(fetched).toEqual(['/signed/one', '/signed/two', '/signed/six']);
    await files.drop(sha256('one'));
    await files.locate(file('one'));
    expect(fetched).toHaveLength(4);
  });
});

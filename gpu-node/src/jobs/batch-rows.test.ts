import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSamples, type Interaction, samplingSchema } from '@tallrec/shared/interactions';
import { Random } from '@tallrec/shared/random';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BatchData } from './batch-data.ts';
import { newItems, readCatalogue, readRatingRows, readSampleRows, readUserRows } from './batch-rows.ts';

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'batch-rows-'));
  file = join(dir, 'rows.jsonl');
});
afterEach(() => rm(dir, { recursive: true }));
const write = (rows: readonly unknown[]) => writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

const sampling = samplingSchema.parse({ historyLength: 3 });

function drawnRatings(count: number, users: number): Interaction[] {
  const random = Random.seeded(5);
  return Array.from({ length: count }, (_, at) => ({
    user: `u${random.integer(1, users)}`,
    item: `i${at}`,
    title: `film ${at}`,
    rating: random.integer(1, 5),
    // Many of one time: these keep their order.
    time: random.integer(1, 20),
    ...(at % 3 ? {} : { by: 'someone' }),
  }));
}

describe('the rows of a batch', () => {
  it('are samples, labelled or not', async () => {
    const rows = [
      { user: 'u', noun: 'book', history: [{ title: 'A', liked: true }], target: { title: 'B' }, liked: false },
      { noun: 'movie', history: [], target: { title: 'C' } },
    ];
    await write(rows);
    expect(await all(readSampleRows(file))).toEqual(rows);
    await writeFile(file, '{"history":[],"target":{"title":"C"}}\n{"his');
    await expect(all(readSampleRows(file))).rejects.toThrow(/Line 2/);
  });

  it('are the latest history of each user, as the samples of the paper would have it', async () => {
    const ratings = drawnRatings(600, 12);
    await write(ratings);
    const order = [...new Set(ratings.map(({ user }) => user))];
    const rows = await readUserRows(file, sampling, { firstUser: 4, users: 5 });
    expect(rows.map(({ user }) => user)).toEqual(order.slice(4, 9));
    for (const { user, noun, history } of rows) {
      // A rating after all others has before it what was the latest until then.
      const later = { user: user!, item: 'next', title: 'next', rating: 5, time: 99 };
      const own = ratings.filter((rating) => rating.user === user);
      const last = buildSamples([...own, later], sampling).at(-1)!;
      expect({ noun, history }).toEqual({ noun: 'movie', history: last.history });
    }
    expect(await readUserRows(file, sampling, { firstUser: 12, users: 5 })).toEqual([]);
  });

  it('are the samples that ratings give, any stretch of them', async () => {
    // Some users have no more than a history, and give none.
    const ratings = drawnRatings(150, 40);
    await write(ratings);
    const samples = buildSamples(ratings, sampling);
    const users = new Set(ratings.map(({ user }) => user));
    expect(users.size).toBeGreaterThan(new Set(samples.map(({ user }) => user)).size);
    for (let firstRow = 0; firstRow < samples.length; firstRow++) {
      for (const rows of [1, 7, samples.length - firstRow]) {
        const found = await readRatingRows(file, sampling, { firstRow, rows });
        expect(found).toEqual(samples.slice(firstRow, firstRow + rows));
      }
    }
  });
});

describe('a catalogue', () => {
  it('has each item once', async () => {
    await write([
      { item: '1', title: 'A', by: 'X', year: 1995 },
      { item: '2', title: 'B' },
      { item: '1', title: 'A again' },
      { id: '3', title: 'C' },
      { title: 'D' },
    ]);
    expect(await readCatalogue(file, 'items')).toEqual([
      { id: '1', title: 'A', by: 'X' },
      { id: '2', title: 'B' },
      { id: '3', title: 'C' },
      { title: 'D' },
    ]);
  });

  it('is made of what ratings or samples are about', async () => {
    await write([
      { user: 'a', item: '1', title: 'A', rating: 5, time: 1 },
      { user: 'b', item: '1', title: 'A', rating: 1, time: 1 },
      { user: 'b', item: '2', title: 'B', by: 'X', rating: 1, time: 2 },
    ]);
    expect(await readCatalogue(file, 'interactions')).toEqual([
      { id: '1', title: 'A' },
      { id: '2', title: 'B', by: 'X' },
    ]);
    await write([
      { history: [{ title: 'A', liked: true }], target: { title: 'B' } },
      { history: [{ title: 'B', liked: true }], target: { id: '3', title: 'C' }, liked: false },
    ]);
    expect(await readCatalogue(file, 'samples')).toEqual([{ title: 'A' }, { title: 'B' }, { id: '3', title: 'C' }]);
  });

  it('has as new what is not in the history, by id or else by title', () => {
    const items = [
      { id: '1', title: 'A' },
      { id: '2', title: 'B' },
      { id: '3', title: 'A' },
      { title: 'A' },
      { title: 'C' },
    ];
    const left = (history: { id?: string; title: string }[]) =>
      newItems(
        items.map((item) => ({ item })),
        history.map((item) => ({ ...item, liked: true })),
      ).map(({ item }) => items.indexOf(item));
    expect(left([{ id: '1', title: 'A' }])).toEqual([1, 2, 4]);
    expect(left([{ title: 'A' }])).toEqual([1, 4]);
    expect(left([{ id: '2', title: 'another name' }])).toEqual([0, 2, 3, 4]);
    expect(left([])).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('files that pieces share', () => {
  it('are fetched once a batch, whatever the path, and those of older batches go', async () => {
    const fetched: string[] = [];
    const download = async (path: string, target: string) => {
      fetched.push(path);
      await writeFile(target, path);
      return { sha256: '', bytes: 1 };
    };
    const cache = join(dir, 'batches');
    const data = new BatchData(cache, { download });
    const { signal } = new AbortController();
    const first = await data.locate('scr_a-0', 'rows', '/one', signal);
    expect(await data.locate('scr_a-1', 'rows', '/another', signal)).toBe(first);
    await data.locate('scr_a-1', 'catalogue', '/catalogue', signal);
    expect(fetched).toEqual(['/one', '/catalogue']);
    await mkdir(join(cache, 'scr_old'));
    await utimes(join(cache, 'scr_old'), 1, 1);
    await data.locate('scr_b-0', 'rows', '/two', signal);
    expect((await readdir(cache)).toSorted()).toEqual(['scr_a', 'scr_b']);
  });
});

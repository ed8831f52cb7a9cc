import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itemFeatures } from '@tallrec/shared/item-opinions';
import { LIMITS } from '@tallrec/shared/limits';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readItemFacts } from './read-item-facts.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'item-facts-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function read(text: string) {
  const path = join(dir, 'items');
  await writeFile(path, text);
  return readItemFacts(path);
}

describe('facts about items', () => {
  it.each([
    ['CSV', 'id,title,likes,ratings\n7,Heat (1995),30,40\n,Babe (1995),2,20\n'],
    [
      'JSON Lines',
      '{"id":7,"title":"Heat (1995)","likes":30,"ratings":40,"date":"1995"}\n{"title":"Babe (1995)","likes":2,"ratings":20}\n',
    ],
    [
      'JSON',
      '[{"id":"7","title":"Heat (1995)","likes":30,"ratings":40},{"title":"Babe (1995)","likes":2,"ratings":20}]',
    ],
  ])('are read from %s, and found by id or title', async (_, text) => {
    const facts = await read(text);
    expect(facts).toMatchObject({ likes: 32, ratings: 60 });
    const featuresOf = itemFeatures(facts);
    expect(featuresOf({ title: 'of another name', id: '7' }).fans).toBe(Math.log1p(30));
    expect(featuresOf({ title: 'Heat (1995)' }).fans).toBe(Math.log1p(30));
    expect(featuresOf({ title: 'Babe (1995)' }).fans).toBe(Math.log1p(2));
    expect(featuresOf({ title: 'Jumanji (1995)' }).fans).toBe(0);
  });

  it('of a share of likes have the likes that it comes to, and what is not used is said', async () => {
    const warnings: string[] = [];
    const path = join(dir, 'means');
    await writeFile(path, 'asin;name;mean;count;date\nB1;Heat;0,75;40;1995\nB2;Babe;0.1;25;1995\n');
    const facts = await readItemFacts(path, { onWarning: (warning) => warnings.push(warning) });
    expect(facts).toMatchObject({ likes: 33, ratings: 65 });
    expect(itemFeatures(facts)({ title: 'Heat' }).fans).toBe(Math.log1p(30));
    expect(warnings).toEqual([`${path}: These columns are not used: date.`]);
  });

  it('call items as ratings and catalogues do: long titles are cut, and ids of 64 bits keep their digits', async () => {
    const long = 'x'.repeat(LIMITS.titleCharacters);
    const featuresOf = itemFeatures(
      await read(
        `{"title":" ${long}yz","likes":3,"ratings":4}\n{"id":9007199254740993,"title":"B","likes":2,"ratings":2}\n`,
      ),
    );
    expect(featuresOf({ title: long }).fans).toBe(Math.log1p(3));
    expect(featuresOf({ title: 'of another name', id: '9007199254740993' }).fans).toBe(Math.log1p(2));
  });

  it.each([
    ['{"id":9.1e18,"likes":3,"ratings":4}\n', /line 1: id: .*too large/],
    ['likes,ratings\n3,4\n', /line 1: title: .*no column for title or item/],
    ['title,likes,ratings\nHeat,5,4\n', /line 2: likes: There are 5 likes among 4 ratings/],
    ['title,likes,ratings\nHeat,4,4\nBabe,many,4\n', /line 3: likes: "many" is not a whole number/],
    ['title,likes\nHeat,4\n', /line 1: ratings: /],
    ['[]', /has no rows/],
  ])('are refused by line: %j', async (text, problem) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringMatching(problem),
    });
  });
});

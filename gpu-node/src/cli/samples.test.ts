import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { finish, startTallrec } from './cli-process.ts';

vi.setConfig({ testTimeout: 60_000 });

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'samples-'));
});
afterAll(() => rm(dir, { recursive: true }));

const samples = (...args: string[]) =>
  finish(startTallrec(dir, ['samples', '--out', 'out', '--history', '2', ...args]));
const file = (name: string, content: string | Buffer) => writeFile(join(dir, name), content);
const rowsOf = async (part: string) =>
  (await readFile(join(dir, 'out', `${part}.jsonl`), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Book-Crossing, which writes 0 where nothing was rated. */
const books = `"User-ID";"ISBN";"Book-Title";"Book-Author";"Book-Rating";"time"\n${Array.from(
  { length: 40 },
  (_, at) => `"${at % 2}";"${at}";"Tom \\"${at}\\"; Huck";"Twain";"${at % 4 < 2 ? 0 : 5 + (at % 3)}";"${1e9 + at}"`,
).join('\n')}\n`;

describe('samples', () => {
  test('of a table as it is published, with what is odd in it on stderr', async () => {
    await file('books.csv', books);
    const { code, stderr, stdout } = await samples('--from', 'books.csv', '--liked-above', '5');
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^warning: books\.csv: 20 ratings are 0 among ratings from 5 to 7.*unrated 0/m);
    expect(stderr).toMatch(/^warning: books\.csv: There are only 2 users/m);
    const { stderr: said } = await samples('--from', 'books.csv', '--liked-above', '5', '--unrated', '0', '--json');
    expect(said).toMatch(/20 rows with the rating 0 are not rated and left out/);
    const [row] = await rowsOf('train');
    expect(row.history[0]).toMatchObject({ title: 'Tom "2"; Huck', by: 'Twain' });
  });

  test('of a table without a header, by the numbers of its columns', async () => {
    const rows = Array.from({ length: 30 }, (_, at) => `Film ${at}|${at}|${at % 3}|x|${1 + (at % 5)}|${1e9 + at}`);
    await file('headless', rows.join('\r'));
    const refused = await samples('--from', 'headless');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/no header line.*user=1,item=2/)]);
    const { code, stderr } = await samples('--from', 'headless', '--columns', 'title=1,item=2,user=3,rating=5,time=6');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/columns were read as 3 = user, 2 = item, 1 = title/)]);
    const wrong = await samples('--from', 'headless', '--columns', 'film=1');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/--columns/)]);
  });

  test('of MovieLens as published', async () => {
    const ratings = Array.from({ length: 30 }, (_, at) => `${at % 3}::${at % 7}::${1 + (at % 5)}::${1e9 + at}`);
    await file('ratings.dat', ratings.join('\n'));
    const films = Array.from({ length: 7 }, (_, at) => `${at}::Amélie ${at}::Comedy|Drama`);
    await file('movies.dat', Buffer.from(films.join('\n'), 'latin1'));
    expect((await samples('--from', '.')).code).toBe(0);
    expect((await rowsOf('test'))[0].target.title).toMatch(/^Amélie \d$/);
  });

  test('of a table with rows that cannot be used, without these where that is said', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, at) => `${at % 3};${at};Film ${at};${1 + (at % 5)},5;${1 + (at % 9)}.1.2024`,
    );
    await file('slips.csv', `user;item;title;stars;when\n1;2;Heat;good;1.1.2024\n${rows.join('\n')}\n`);
    const refused = await samples('--from', 'slips.csv');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/slips\.csv, line 2: stars: "good" is not a number[\s\S]*--leave-out-bad-rows/);
    const { code, stderr } = await samples('--from', 'slips.csv', '--leave-out-bad-rows');
    expect(stderr).toMatch(/1 of 41 rows cannot be used and is left out\. Line 2, stars/);
    expect(stderr).toMatch(/"1,5" was read as 1\.5/);
    expect(code).toBe(0);
  });

  test.each([
    [
      'reviews.jsonl',
      '{"asin":"B1","user_id":"A","title":"Good","text":".","rating":4,"timestamp":1588615855070}\n',
      /headline of a review.*--titles/,
    ],
    [
      'latin1.csv',
      Buffer.from('user,item,title,rating,time\n1,1,Amélie,2,3\n', 'latin1'),
      /latin1\.csv, line 2: .*iconv -f ISO-8859-1 -t UTF-8 latin1\.csv > latin1\.utf8\.csv/,
    ],
    ['book.xlsx', Buffer.from('PK\x03\x04'), /Excel workbook.*Save the sheet as CSV/],
  ])('of %s are refused in words that help', async (name, content, words) => {
    await file(name, content);
    const { code, stderr } = await samples('--from', name);
    expect([code, stderr]).toEqual([1, expect.stringMatching(words)]);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

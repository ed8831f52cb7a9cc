import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemStatisticsSchema, withinLimits } from '../item-opinions.ts';
import { LIMITS } from '../limits.ts';
import { encode, fileForm, passFile } from './fixtures/pass-file.ts';
import { RowPass } from './row-pass.ts';

const pass = (text: string, more: Parameters<typeof passFile>[1] = {}) =>
  passFile(text, { kind: 'item-facts', ...more });

describe('facts about items', () => {
  it.each([
    ['CSV', 'id,title,by,likes,ratings\n7,Heat,Mann,30,40\n,Babe,,2,20\n'],
    [
      'JSON',
      '{"data":[{"id":7,"title":"Heat","by":"Mann","likes":30,"ratings":40},{"title":"Babe","likes":2,"ratings":20}]}',
    ],
    [
      'JSON lines, of other names',
      '{"asin":"7","name":"Heat","author":"Mann","like_count":"30","count":40.0}\n{"asin":null,"name":"Babe","mean":0.1,"count":20}\n',
    ],
  ])('are rows of an id or a title, and counts: %s', (_, text) => {
    const { rows, errors, pass: whole } = pass(text);
    expect(errors).toEqual([]);
    expect(rows).toEqual([
      { id: '7', title: 'Heat', by: 'Mann', likes: 30, ratings: 40 },
      { title: 'Babe', likes: 2, ratings: 20 },
    ]);
    expect(whole.itemStatistics()).toEqual({
      likes: 32,
      ratings: 60,
      items: [
        ['7', 30, 40],
        ['Heat\u0000Mann', 30, 40],
        ['Babe\u0000', 2, 20],
      ],
    });
    expect(whole.stats()).toMatchObject({ rows: 2, items: 2, users: null, labelled: 0, likedShare: 32 / 60 });
  });

  it('have columns that can be named, and name those that are not used', () => {
    const { rows, words } = pass('film,fans,sold,date\nHeat,30,40,1995\n', {
      columns: { title: 'film', likes: 'fans', ratings: 'sold' },
    });
    expect(rows).toEqual([{ title: 'Heat', likes: 30, ratings: 40 }]);
    expect(words).toContain('These columns are not used: date.');
    expect(pass('title,ratings\nHeat,1\n', { columns: { likes: 'fans' } }).errors).toMatchObject([
      { line: 1, column: 'likes', problem: expect.stringContaining('no column "fans"') },
    ]);
  });

  it.each([
    ['likes,ratings\n3,4\n', 1, 'title', /no column for title or item/],
    ['title,ratings\nHeat,4\n', 1, 'likes', /no column for likes or mean/],
    ['7,30,40\n', 1, 'title', /no header line/],
    ['title,likes,ratings\nHeat,3,4\n,3,4\n', 3, 'title', /Neither title nor item/],
    ['title,likes,ratings\nHeat,5,4\n', 2, 'likes', /5 likes among 4 ratings/],
    ['title,likes,ratings\nHeat,-1,4\n', 2, 'likes', /"-1" is not a whole number/],
    ['title,likes,ratings\nHeat,"1,234",4000\n', 2, 'likes', /"1,234" is not a whole number/],
    ['title,likes,ratings\nHeat,3,\n', 2, 'ratings', /missing/],
    ['title,mean,count\nHeat,7.9,4\n', 2, 'mean', /"7.9" is not a share from 0 to 1/],
    ['{"id":9.1e18,"likes":3,"ratings":4}\n', 1, 'id', /too large/],
  ])('are refused where they say nothing: %j', (text, line, column, problem) => {
    const [error] = pass(text).errors;
    expect(error).toMatchObject({ line, column, problem: expect.stringMatching(problem) });
    expect(error!.fix).not.toBe('');
  });

  it('count the first row of an item that comes twice, under whichever name', () => {
    const { pass: whole, words } = pass('id,title,likes,ratings\n7,Heat,30,40\n7,,1,2\n,Heat,1,2\n,Babe,1,2\n');
    expect(whole.itemStatistics()).toMatchObject({ likes: 31, ratings: 42 });
    expect(words).toContain('2 rows are of an item that has come before, of which the first row counts.');
  });

  it('come to the same in one pass and in several', () => {
    const fact = fc.record({
      title: fc.string({ minLength: 1, maxLength: 5 }).filter((title) => title.trim() === title && title !== ''),
      ratings: fc.nat(1000),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(fact, { minLength: 2, maxLength: 30 }), fc.nat(), (facts, at) => {
        const lines = facts.map(
          ({ share, ...rest }) => `${JSON.stringify({ ...rest, likes: Math.floor(share * rest.ratings) })}\n`,
        );
        const cut = 1 + (at % (lines.length - 1));
        const form = fileForm({ kind: 'item-facts', format: 'jsonl' });
        const bytes = encode(lines.join(''));
        const first = new RowPass(form);
        first.push(encode(lines.slice(0, cut).join('')));
        const second = new RowPass(form, structuredClone(first.state));
        second.push(bytes.slice(first.position.offset));
        second.end();
        const whole = passFile(lines.join(''), form).pass;
        expect(second.itemStatistics()).toEqual(whole.itemStatistics());
        expect(second.rankedItems()).toEqual(whole.rankedItems());
      }),
      { numRuns: 50 },
    );
  });

  it('keep the most rated of very many, and the sum of all', () => {
    const count = 3 * LIMITS.statisticsItems;
    const ratingsOf = (at: number) => (at * 7919) % count;
    const text = Array.from({ length: count }, (_, at) => `${at},1,${1 + ratingsOf(at)}\n`).join('');
    const statistics = pass(`id,likes,ratings\n${text}`).pass.itemStatistics();
    const all = Array.from({ length: count }, (_, at): [string, number, number] => [`${at}`, 1, 1 + ratingsOf(at)]);
    expect(statistics).toEqual({ likes: count, ratings: (count * (count + 1)) / 2, items: withinLimits(all) });
    expect(statistics.items).toHaveLength(LIMITS.statisticsItems);
  });

  it('beyond all counting are told in proportion', () => {
    const most = LIMITS.count;
    const { likes, ratings } = itemStatisticsSchema.parse(
      pass(`id,likes,ratings\n1,${most},${most}\n2,0,${most}\n`).pass.itemStatistics(),
    );
    expect([likes, ratings]).toEqual([most / 2, most]);
  });
});

import { describe, expect, it } from 'vitest';
import { encode, fileForm, passFile } from './fixtures/pass-file.ts';
import { RowPass } from './row-pass.ts';

describe('what columns mean', () => {
  const line = (values: object) => `${JSON.stringify(values)}\n`;
  const rows = (count: number, make: (at: number) => object) =>
    Array.from({ length: count }, (_, at) => line(make(at))).join('');
  const PEOPLE = ['Ann Lee', 'Bo van Dam', 'Cy O’Neil', 'Di Fox', 'Ed Roe', 'Flo Day', 'Gus Kay'];

  it("is checked of Amazon's reviews, whose title is a headline", () => {
    const review = {
      rating: 4,
      title: 'Good',
      text: '.',
      images: [],
      asin: 'B1',
      parent_asin: 'B1',
      user_id: 'AE0',
      timestamp: 1588615855070,
      helpful_vote: 0,
      verified_purchase: true,
    };
    const { errors, pass } = passFile(line(review).repeat(3));
    expect(pass.errorCount).toBe(1);
    expect(errors).toMatchObject([
      {
        line: 1,
        column: 'title',
        problem: expect.stringContaining('headline of a review'),
        fix: expect.stringContaining('parent_asin'),
      },
    ]);
    const header = 'rating,title,text,asin,user_id,timestamp\n';
    expect(passFile(`${header}4,Good,.,B1,AE0,1588615855070\n`).errors).toMatchObject([
      { line: 1, column: 'title', problem: expect.stringContaining('headline') },
    ]);
    expect(passFile(line(review).repeat(3), { columns: { title: 'title' } }).errors).toEqual([]);
  });

  const headlines = rows(40, (at) => ({
    user: `u${at % 9}`,
    item: `i${at % 5}`,
    title: `Nice ${at}`,
    rating: at % 5,
    time: at,
    product: `Product ${at % 5}`,
  }));

  it('is checked of an item with many titles, and the likely column named', () => {
    const { errors, rows: good } = passFile(headlines);
    expect(good).toHaveLength(40);
    expect(errors).toMatchObject([
      {
        column: 'title',
        problem: expect.stringMatching(/100 %.*"Nice 0" and "Nice 5" of "i0"/),
        fix: expect.stringContaining('"product" goes with the item'),
      },
    ]);
    expect(passFile(headlines, { columns: { title: 'product' } }).errors).toEqual([]);
  });

  it('is a warning where the column was named', () => {
    const { errors, words } = passFile(headlines, { columns: { title: 'title' } });
    expect(errors).toEqual([]);
    expect(words).toContain('does not hold the titles of items');
  });

  it('is found out in the first rows of a long file, and the rest not read', () => {
    const long = headlines.repeat(100);
    const pass = new RowPass(fileForm());
    pass.push(encode(long));
    expect([pass.errorCount, pass.broken, pass.stats().rows]).toEqual([1, true, 2000]);
  });

  it('is checked of names that go with the user', () => {
    const { errors } = passFile(
      rows(30, (at) => ({ user_id: at % 6, item: at, name: PEOPLE[at % 6], rating: 3, time: at })),
    );
    expect(errors).toMatchObject([{ column: 'title', problem: expect.stringContaining('names of users') }]);
  });

  it('is checked of an author who reviews', () => {
    const { errors } = passFile(
      rows(40, (at) => ({
        user: `u${at % 7}`,
        item: at % 5,
        title: `T${at % 5}`,
        rating: 3,
        time: at,
        author: PEOPLE[at % 7],
      })),
    );
    expect(errors).toMatchObject([{ column: 'by', problem: expect.stringContaining('who rated') }]);
    const fine = rows(40, (at) => ({
      user: `u${at % 7}`,
      item: at % 5,
      title: `T${at % 5}`,
      rating: 3,
      time: at,
      author: PEOPLE[at % 5],
    }));
    expect(passFile(fine).errors).toEqual([]);
  });

  it('is checked of a user that is a name', () => {
    const row = (at: number) => ({ item: at % 5, title: `T${at % 5}`, rating: 3, time: at });
    const named = (at: number) => ({ user: PEOPLE[at % 7], ...row(at) });
    expect(passFile(rows(30, named))).toMatchObject({
      errors: [],
      words: expect.stringContaining("holds people's names"),
    });
    const both = rows(30, (at) => ({ ...named(at), user_id: `U${at % 11}` }));
    expect(passFile(both).errors).toMatchObject([{ column: 'user', fix: 'Name "user_id" for user.' }]);
    expect(passFile(both, { columns: { user: 'user_id' } })).toMatchObject({ errors: [] });
    expect(passFile(rows(30, (at) => ({ user: `u${at % 7}`, ...row(at) }))).words).not.toContain('names');
  });

  it('names the likely column for a user that lacks', () => {
    const { errors, words } = passFile('author,app_id,name,rating,time\nAnn,1,Chess,5,978300760\n');
    expect(errors).toMatchObject([{ column: 'user', fix: expect.stringContaining('"author" may be it') }]);
    expect(words).toContain('"author" is not read as by');
  });
});

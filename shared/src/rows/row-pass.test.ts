import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samplingSchema } from '../interactions.ts';
import type { DatasetKind } from '../wire/datasets.ts';
import { type FileForm, RowPass } from './row-pass.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const form = (more: Partial<FileForm> = {}): FileForm => ({
  kind: 'interactions',
  format: null,
  sampling: samplingSchema.parse({}),
  columns: null,
  ...more,
});

/** The whole file. */
function passed(text: string, more: Partial<FileForm> = {}) {
  const pass = new RowPass(form(more));
  const rows = [...pass.push(encode(text)), ...pass.end()].map(({ checked }) => checked.row);
  return { pass, rows, errors: pass.rowErrors, warnings: pass.warnings(), words: pass.warnings().join('\n') };
}

const table = 'reader;book;title;grade;time;shelf\n1;2;A;4;100;x\n1;3;B;five;101;y\n';
const columns = { user: 'reader', item: 'book', rating: 'grade' };

describe('a pass over a file', () => {
  it('says what its columns are, which rows are good, and what is wrong and odd', () => {
    const { pass, rows, errors, warnings } = passed(table, { columns });
    expect(pass.columnNames).toEqual({ ...columns, title: 'title', time: 'time' });
    expect(rows).toEqual([{ user: '1', item: '2', title: 'A', rating: 4, time: 100 }]);
    expect(errors).toMatchObject([{ line: 3, column: 'grade', problem: '"five" is not a number.' }]);
    expect(warnings[0]).toBe('These columns are not used: shelf.');
    expect(warnings.length).toBeGreaterThan(1);
  });

  it('in pieces finds what one pass finds', () => {
    const field = fc.constantFrom('1', '2', '3.5', 'x', '', '03/04/2024', '03/13/2024', '2,125', '2,5');
    const row = fc.tuple(field, field, field, field, field);
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), fc.nat(), fc.boolean(), (rows, cut, json) => {
        const badRows = cut % 2 === 0 ? 'refuse' : 'leave-out';
        const names = ['user', 'item', 'title', 'rating', 'time'];
        const lines = rows.map((one) =>
          json ? JSON.stringify(Object.fromEntries(one.map((value, at) => [names[at], value]))) : one.join(';'),
        );
        const bytes = encode(`${json ? '' : `${names.join(';')}\n`}${lines.join('\n')}\n`);
        const whole = new RowPass(form({ badRows }));
        const expected = [...whole.push(bytes), ...whole.end()];
        const first = new RowPass(form({ badRows }));
        const begun = first.push(bytes.slice(0, cut % bytes.length));
        const { state } = first;
        const rest = new RowPass(
          form({ badRows }),
          state && { ...JSON.parse(JSON.stringify({ ...state, tally: null })), tally: state.tally },
        );
        const again = [...rest.push(bytes.slice(state ? first.position.offset : 0)), ...rest.end()];
        expect([...(state ? begun : []), ...again]).toEqual(expected);
        expect([rest.errorCount, rest.rowErrors]).toEqual([whole.errorCount, whole.rowErrors]);
        expect([rest.stats(), rest.warnings()]).toEqual([whole.stats(), whole.warnings()]);
      }),
    );
  });

  it('names faults by the columns of the file', () => {
    const { errors } = passed('Nutzer;Film;Titel;Note;Datum\n1;2;A;gut;bald\n1;;A;4;1\n', {
      columns: { user: 'Nutzer', item: 'Film', title: 'Titel', rating: 'Note', time: 'Datum' },
    });
    expect(errors.map(({ line, column, problem }) => [line, column, problem])).toEqual([
      [2, 'Note', '"gut" is not a number.'],
      [2, 'Datum', '"bald" is not a time.'],
      [3, 'Film', 'Film is missing.'],
    ]);
    const json = passed('{"reader":1,"isbn":2,"title":"A","stars":"good","ts":1}\n', { columns: { user: 'reader' } });
    expect(json.errors).toMatchObject([{ column: 'stars' }]);
    const items = passed('id,name\n1,\n2,Heat\n', { kind: 'items' });
    expect(items.errors).toMatchObject([{ line: 2, column: 'name', problem: 'name is missing.' }]);
  });

  it('keeps all digits of ids that are integers of 64 bits', () => {
    const ids = [
      '76561197970982479',
      '76561197970982480',
      '9223372036854775807',
      '18446744073709551615',
      '-9007199254740993',
    ];
    const line = (user: string) => `{"user":${user},"item":${user},"title":"A","rating":4,"time":1}`;
    const rows = ids.map(line);
    for (const text of [`${rows.join('\n')}\n`, `[${rows.join(',')}]`]) {
      expect(passed(text).rows).toMatchObject(ids.map((id) => ({ user: id, item: id })));
    }
    expect(passed(line('7.6561197970982479e16')).errors).toMatchObject([
      { column: 'user', problem: expect.stringContaining('76561197970982480') },
      { column: 'item' },
    ]);
    const item = passed('{"id":76561197970982479,"title":"A"}\n{"id":7.6e16,"title":"B"}\n', { kind: 'items' });
    expect(item.rows).toMatchObject([{ id: '76561197970982479' }]);
    expect(item.errors).toMatchObject([{ line: 2, column: 'id' }]);
    // Of what is no integer only the value counts.
    expect(
      passed('{"user":1,"item":2,"title":"A 12345678901234567890","rating":4.000000000000000001,"time":1}').rows,
    ).toMatchObject([{ title: 'A 12345678901234567890', rating: 4 }]);
  });

  it('says what to do where no column holds the time', () => {
    const fix = 'add a column time with 0 in every row: histories then keep the order of the file';
    expect(passed('user,item,title,rating\n1,2,A,4\n').errors[0]).toMatchObject({
      column: 'time',
      fix: expect.stringContaining(fix),
    });
    expect(passed('{"user":1,"item":2,"title":"A","rating":4}\n').errors[0]).toMatchObject({
      column: 'time',
      fix: expect.stringContaining(fix),
    });
  });

  it('reads decimal commas and dates with dots, and says so', () => {
    const german = 'user;item;title;rating;time\n1;2;"Heat";4,5;01.02.2024\n1;3;Ran;3;1.3.2024 12:30\n';
    const { rows, warnings } = passed(german);
    expect(rows).toMatchObject([
      { rating: 4.5, time: Date.UTC(2024, 1, 1) / 1000 },
      { rating: 3, time: Date.UTC(2024, 2, 1, 12, 30) / 1000 },
    ]);
    expect(warnings).toContain('"4,5" was read as 4.5: with a decimal comma.');
    expect(warnings).toContain('Dates such as "01.02.2024" were read as 2024-02-01: with dots the day comes first.');
    expect(passed('user,item,title,rating,time\n1,2,A,"4,5",100\n').rows).toMatchObject([{ rating: 4.5 }]);
    // Without a header, by what stands in them.
    expect(passed(german.split('\n').slice(1).join('\n')).rows).toEqual(rows);
  });

  it('keeps rows back until a date shows which of its numbers is the day, in their order', () => {
    const dated = (dates: string[]) =>
      `user,item,title,rating,time\n${dates.map((date, at) => `1,${at},A${at},4,${date}`).join('\n')}\n`;
    const { rows, warnings, errors } = passed(dated(['2024-01-01', '03/04/2024', '100', '25/12/2023', '13/13/2024']));
    expect(rows.map((row) => 'item' in row && [row.item, row.time])).toEqual([
      ['0', Date.UTC(2024, 0, 1) / 1000],
      ['1', Date.UTC(2024, 3, 3) / 1000],
      ['2', 100],
      ['3', Date.UTC(2023, 11, 25) / 1000],
    ]);
    expect(warnings).toContain(
      'Dates such as "03/04/2024" were read as 2024-04-03: "25/12/2023" shows that the day comes first.',
    );
    expect(errors).toMatchObject([{ line: 6, problem: expect.stringContaining('"25/12/2023"') }]);
    const unclear = passed(dated(['2024-01-01', '03/04/2024']));
    expect(unclear.errors).toMatchObject([{ line: 3, column: 'time', fix: expect.stringContaining('03.04.2024') }]);
    const late = passed(dated([...Array.from({ length: 2000 }, () => '03/04/2024'), '25/12/2023']));
    expect(late.pass.errorCount).toBe(2001);
  });

  describe('told to leave out rows that cannot be used', () => {
    const leaveOut = { badRows: 'leave-out' } as const;
    const head = 'user,item,title,stars,time\n';

    it('takes the others, and says how many and which', () => {
      const text = `${head}1,2,A,4,100\n1,3,B,good,soon\n1,4,C\n1,5,D,3,101\n`;
      const { pass, rows, warnings } = passed(text, leaveOut);
      expect(pass.isRefused()).toBe(false);
      expect(rows).toHaveLength(2);
      expect(pass.stats()).toMatchObject({ rows: 2, unusable: 2 });
      expect(warnings[0]).toBe(
        '2 of 4 rows cannot be used and are left out. Line 3, stars: "good" is not a number. Line 3, time: "soon" is not a time. Line 4: This row has 3 fields, the header has 5.',
      );
      const refusing = passed(text);
      expect(refusing.pass.isRefused()).toBe(true);
      expect(refusing.pass.isRefused('leave-out')).toBe(false);
      expect(refusing.words).not.toContain('left out');
    });

    it('takes nothing where more than half cannot be used', () => {
      const { pass, errors } = passed(`${head}1,2,A,4,100\n1,3,B,good,1\n1,4,C,bad,2\n`, leaveOut);
      expect(pass.isRefused()).toBe(true);
      expect(errors[0]).toMatchObject({
        line: 3,
        problem: '2 of 3 rows cannot be used. That is more than half: the others are not taken without them.',
        fix: expect.stringMatching(/^The first: Line 3, stars: "good" is not a number. Write/),
      });
    });

    it.each([
      ['a column is lacking', 'user,item,title,time\n1,2,A,3\n'],
      ['a quote is never closed', `${head}1,2,A,4,100\n1,2,"A,4,100\n`],
      ['a JSON array is cut off', '[{"user":1,"item":2,"title":"A","rating":4,"time":1},'],
      ['there are no rows', head],
    ])('takes nothing where %s', (_, text) => {
      const { pass } = passed(text, leaveOut);
      expect(pass.isRefused()).toBe(true);
      expect(pass.stats().unusable).toBeNull();
    });
  });

  it('refuses columns that were named after nothing, of a table at its header', () => {
    const { rows, errors } = passed(table, { columns: { ...columns, by: 'author' } });
    expect(rows).toEqual([]);
    expect(errors).toEqual([
      {
        line: 1,
        column: 'by',
        problem: 'The header has no column "author", which was named for by.',
        fix: 'It has "reader", "book", "title", "grade", "time", "shelf". Name one of these for by, or none to have it guessed.',
      },
    ]);
  });

  it('and of JSON rows at the end, also where a later piece brought them', () => {
    const row = (more: object) => `${JSON.stringify({ user: 1, item: 2, title: 'A', rating: 3, time: 4, ...more })}\n`;
    const named = form({ columns: { by: 'writer', rating: 'grade' } });
    const pass = new RowPass(named);
    pass.push(encode(row({ grade: 5 }) + row({ grade: 4 })));
    const state = JSON.parse(JSON.stringify({ ...pass.state, tally: null }));
    const rest = new RowPass(named, { ...state, tally: pass.state!.tally });
    const [last] = rest.push(encode(row({ grade: 1 })));
    expect(last!.checked).toMatchObject({ row: { rating: 1 } });
    rest.end();
    expect(rest.rowErrors).toMatchObject([
      { line: 1, column: 'by', problem: 'No row has the key "writer", which was named for by.' },
    ]);
  });
});

describe('warnings', () => {
  const csv = (...rows: string[]) => `user,item,title,rating,time\n${rows.join('\n')}\n`;

  it('speak for the command line and the service alike', () => {
    const { warnings } = passed(csv('1,1,A,1,5', '1,1,A,2,5', '1,2,B,3,5'));
    expect(warnings).toEqual([
      '1 rating is of an item that the same user has rated before.',
      'No row counts as liked when ratings above 3 are likes: choose another threshold. An AUC needs both.',
      'There is only 1 user: figures about them will be uncertain.',
      'All times are equal: histories keep the order of the file.',
      'No user has more than 10 ratings, so no sample can be made: choose a shorter history.',
    ]);
  });

  it.each([
    ['another encoding', new Uint8Array([...encode(csv('1,1,A,1,5', '2,1,')), 0xe9, 0x41, 0x0a])],
    ['a zip archive', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0)],
    ['no column for ratings', encode('user,item,title,time\n1,1,A,5\n')],
    ['rows that mostly cannot be used', encode(csv('1,1,A,1,5', '1,2,B,x,5', '1,3,C,x,5'))],
  ])('say nothing of what is lacking in a file that is refused for %s', (_, bytes) => {
    const pass = new RowPass(form());
    pass.push(bytes);
    pass.end();
    expect(pass.isRefused()).toBe(true);
    expect(
      pass.warnings().filter((warning) => /samples? can be made|only 1 user|counts as liked/.test(warning)),
    ).toEqual([]);
  });

  it('name a file without a header and how it was read', () => {
    expect(passed('1,5,Heat,4,978300760\n2,5,Heat,2,978300761\n').warnings[0]).toBe(
      'The file has no header line: its columns were read as 1 = user, 2 = item, 3 = title, 4 = rating, 5 = time.',
    );
  });

  it.each([
    ['samples', { history: [], target: { title: 'A' }, liked: true, split: 'x', user: '' }, 'split'],
    ['instructions', { instruction: 'a', output: 'b', system: 'Be brief.', history: [['c', 'd']] }, 'system, history'],
    [
      'samples',
      {
        instruction: 'x',
        input: 'User Preference: \nUser Unpreference: \nWhether the user will like the target movie "B"?',
        output: 'No.',
        id: 7,
      },
      'id',
    ],
    ['items', { id: 1, title: 'A', genres: ['x'], pages: null }, 'genres'],
  ] as [DatasetKind, object, string][])('name the fields of %s that are not used', (kind, row, names) => {
    expect(passed(`${JSON.stringify(row)}\n`, { kind }).words).toContain(`These fields are not used: ${names}.`);
  });

  it('name no fields that hold nothing', () => {
    const row = { instruction: 'a', input: null, output: 'b', system: '', history: [] };
    const { warnings, rows } = passed(JSON.stringify([row]), { kind: 'instructions' });
    expect([warnings, rows]).toEqual([[], [{ instruction: 'a', input: '', output: 'b' }]]);
  });

  it('tell what an earlier conversion has damaged, and leave it as it is', () => {
    const { rows, words } = passed(csv('1,1,Am\ufffdlie,4,5', '1,2,AmÃ©lie,2,6', '1,3,Âge d’or,2,7'));
    expect(rows).toMatchObject([{ title: 'Am\ufffdlie' }, { title: 'AmÃ©lie' }, { title: 'Âge d’or' }]);
    expect(words).toContain('2 rows hold characters that an earlier conversion has damaged');
  });

  it('tell of titles that were cut, between characters', () => {
    const [long, pair] = ['x'.repeat(612), `${'x'.repeat(499)}😀y`];
    const { rows, words } = passed(csv(`1,1,${long},4,5`, `1,2,${pair},2,6`, '1,3,A,2,7'));
    expect(rows).toMatchObject([{ title: 'x'.repeat(500) }, { title: 'x'.repeat(499) }, { title: 'A' }]);
    expect(words).toContain('2 rows have titles or creators of more than 500 characters, cut off there.');
    const items = passed(`id,title,by\n1,A,${long}\n`, { kind: 'items' });
    expect(items.rows).toMatchObject([{ by: 'x'.repeat(500) }]);
    expect(items.words).toContain('1 row has a title or creator of more than 500 characters');
    const sample = JSON.stringify({ history: [], target: { title: long } });
    expect(passed(sample, { kind: 'samples' }).errors).toMatchObject([
      { column: 'target.title', problem: 'at most 500 characters are allowed' },
    ]);
  });

  it.each([
    [['1,1,1,4,5', '1,2,2,4,5'], '2 rows (as with "1") have the id of the item for a title'],
    [['1,1,https://x.org/a,4,5'], '1 row (as with "https://x.org/a") has an address of the web'],
    [['1,1,NaN,4,5', '1,2,Heat,4,5'], '1 row (as with "NaN") has a title that says there is none'],
    [['1,1,Heat &amp; Dust,4,5', '1,2,R&#39;s,4,5', '1,3,R&D,4,5'], '2 rows (as with "Heat &amp; Dust") hold entities'],
    [['1,1,He\u001b[31mat,4,5'], '1 row (as with "He\ufffd[31mat") holds control characters'],
    [['1,1,Movie,4,5', '1,2,Movie,4,5'], 'All items have the title "Movie"'],
  ])('tell of titles that are none: %j', (rows, words) => {
    expect(passed(csv(...rows)).words).toContain(words);
    const plain = passed(
      csv('1,1,Heat,4,5', '2,1,Heat,4,5', '1,1984,1984,4,5', '1,3,A,4,5', '1,4,B,4,5', '2,4,B,4,5'),
    ).words;
    expect(plain).not.toMatch(/as with|All items/);
  });

  it('tell of half a character', () => {
    const titled = (title: string) => `{"user":1,"item":2,"title":"${title}","rating":3,"time":4}\n`;
    const halves = titled('A\\ud83d 1') + titled('B \\ude00') + titled('\\ud83d\\ude00 \\\\ud83d');
    expect(passed(halves).words).toContain('2 rows hold characters that an earlier conversion has damaged');
  });

  it('tell items with several titles', () => {
    expect(passed(csv('1,1,A,4,5', '2,1,A,2,6', '3,1,The A,2,7', '4,2,B,1,1')).words).toContain(
      '1 rating calls its item by another title than before',
    );
  });
});

describe('rows of other kinds in tables', () => {
  const published = 'User Preference: "A"\nUser Unpreference: \nWhether the user will like the target movie "B"?';
  it('are read by the names in their header', () => {
    const alpaca = 'instruction,input,output\nSay hello.,,Hello.\n';
    expect(passed(alpaca, { kind: 'instructions' }).rows).toEqual([
      { instruction: 'Say hello.', input: '', output: 'Hello.' },
    ]);
    const { rows, words } = passed(`instruction,input,output,id\nx,"${published.replaceAll('"', '""')}",Yes.,3\n`, {
      kind: 'samples',
    });
    expect(rows).toMatchObject([{ history: [{ title: 'A' }], target: { title: 'B' }, liked: true }]);
    expect(words).toContain('These columns are not used: id.');
  });
});

describe('titles from elsewhere', () => {
  const titles = new Map([
    ['B001', { title: 'Heat' }],
    ['7', { title: 'Ran' }],
  ]);
  it('tell where the columns of users and items are swapped', () => {
    const text = 'B001,A1,2.0,978300001\nB001,A2,5.0,978300061\n';
    expect(passed(text, { titles }).errors[0]).toMatchObject({
      problem: expect.stringContaining('one for the user "B001"'),
      fix: expect.stringContaining('--columns user=2,item=1'),
    });
    expect(passed(text, { titles, columns: { user: '2', item: '1' } })).toMatchObject({
      errors: [],
      rows: [{ user: 'A1', title: 'Heat' }, { user: 'A2' }],
    });
    // A number may be the id of a user and of an item.
    expect(passed('7,8,2.0,978300001\n', { titles }).errors[0]!.problem).not.toContain('swapped');
  });
});

describe('a published row whose list is empty', () => {
  it.each(['', 'None', 'none.', 'N/A', '[]', 'null', '-'])('may say so: %j', (nothing) => {
    const input = `User Preference: "A"\nUser Unpreference: ${nothing}\nWhether the user will like the target movie "B"?`;
    const row = JSON.stringify({ instruction: 'x', input, output: 'Yes.' });
    expect(passed(row, { kind: 'samples' }).rows).toMatchObject([{ history: [{ title: 'A', liked: true }] }]);
  });

  it('is not one with an item of such a name', () => {
    const input =
      'User Preference: "None"\nUser Unpreference: Nonesuch\nWhether the user will like the target movie "None"?';
    const row = JSON.stringify({ instruction: 'x', input, output: 'Yes.' });
    const history = [{ title: 'None' }, { title: 'Nonesuch' }];
    expect(passed(row, { kind: 'samples' }).rows).toMatchObject([{ history, target: { title: 'None' } }]);
  });
});

describe('ratings of 0 and -1', () => {
  const rated = (...ratings: number[]) =>
    `user,item,title,rating,time\n${ratings.map((rating, at) => `u${at},${at},T${at},${rating},${at}`).join('\n')}\n`;

  it.each([
    [[0, 5, 8, 0, 10], '2 ratings are 0 among ratings from 5 to 10'],
    [[0, 1, 4, 5], '1 rating is 0 among ratings from 1 to 5'],
    [[-1, 1, 10, -1, -1], '3 ratings are -1 among ratings from 1 to 10'],
  ])('among %j may say "not rated"', (ratings, words) => {
    expect(passed(rated(...ratings)).words).toContain(words);
  });

  it.each([[[0, 1, 0, 1]], [[0, -1, 5]], [[-1, 1]], [[-2, 1, 5]], [[1, 2, 5]], [[0, 0.1, 4.9, 5]], [[0, 50, 100]]])(
    'among %j do not',
    (ratings) => {
      expect(passed(rated(...ratings)).words).not.toContain('not rated');
    },
  );

  it('are left out where that was said', () => {
    const sampling = samplingSchema.parse({ unrated: 0, likedAbove: 5 });
    const { pass, rows, words } = passed(rated(0, 6, 0, 2), { sampling });
    expect(rows.map((row) => 'rating' in row && row.rating)).toEqual([6, 2]);
    expect(pass.stats()).toMatchObject({ rows: 2, users: 2, likedShare: 0.5 });
    expect(words).toContain('2 rows with the rating 0 are not rated and left out.');
  });
});

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
    const { errors, pass } = passed(line(review).repeat(3));
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
    expect(passed(`${header}4,Good,.,B1,AE0,1588615855070\n`).errors).toMatchObject([
      { line: 1, column: 'title', problem: expect.stringContaining('headline') },
    ]);
    expect(passed(line(review).repeat(3), { columns: { title: 'title' } }).errors).toEqual([]);
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
    const { errors, rows: good } = passed(headlines);
    expect(good).toHaveLength(40);
    expect(errors).toMatchObject([
      {
        column: 'title',
        problem: expect.stringMatching(/100 %.*"Nice 0" and "Nice 5" of "i0"/),
        fix: expect.stringContaining('"product" goes with the item'),
      },
    ]);
    expect(passed(headlines, { columns: { title: 'product' } }).errors).toEqual([]);
  });

  it('is a warning where the column was named', () => {
    const { errors, words } = passed(headlines, { columns: { title: 'title' } });
    expect(errors).toEqual([]);
    expect(words).toContain('does not hold the titles of items');
  });

  it('is found out in the first rows of a long file, and the rest not read', () => {
    const long = headlines.repeat(100);
    const pass = new RowPass(form());
    pass.push(encode(long));
    expect([pass.errorCount, pass.broken, pass.stats().rows]).toEqual([1, true, 2000]);
  });

  it('is checked of names that go with the user', () => {
    const { errors } = passed(
      rows(30, (at) => ({ user_id: at % 6, item: at, name: PEOPLE[at % 6], rating: 3, time: at })),
    );
    expect(errors).toMatchObject([{ column: 'title', problem: expect.stringContaining('names of users') }]);
  });

  it('is checked of an author who reviews', () => {
    const { errors } = passed(
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
    expect(passed(fine).errors).toEqual([]);
  });

  it('is checked of a user that is a name', () => {
    const row = (at: number) => ({ item: at % 5, title: `T${at % 5}`, rating: 3, time: at });
    const named = (at: number) => ({ user: PEOPLE[at % 7], ...row(at) });
    expect(passed(rows(30, named))).toMatchObject({
      errors: [],
      words: expect.stringContaining("holds people's names"),
    });
    const both = rows(30, (at) => ({ ...named(at), user_id: `U${at % 11}` }));
    expect(passed(both).errors).toMatchObject([{ column: 'user', fix: 'Name "user_id" for user.' }]);
    expect(passed(both, { columns: { user: 'user_id' } })).toMatchObject({ errors: [] });
    expect(passed(rows(30, (at) => ({ user: `u${at % 7}`, ...row(at) }))).words).not.toContain('names');
  });

  it('names the likely column for a user that lacks', () => {
    const { errors, words } = passed('author,app_id,name,rating,time\nAnn,1,Chess,5,978300760\n');
    expect(errors).toMatchObject([{ column: 'user', fix: expect.stringContaining('"author" may be it') }]);
    expect(words).toContain('"author" is not read as by');
  });
});

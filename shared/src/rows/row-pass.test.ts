import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, fileForm, passFile } from './fixtures/pass-file.ts';
import { RowPass } from './row-pass.ts';

const table = 'reader;book;title;grade;time;shelf\n1;2;A;4;100;x\n1;3;B;five;101;y\n';
const columns = { user: 'reader', item: 'book', rating: 'grade' };

describe('a pass over a file', () => {
  it('says what its columns are, which rows are good, and what is wrong and odd', () => {
    const { pass, rows, errors, warnings } = passFile(table, { columns });
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
        const whole = new RowPass(fileForm({ badRows }));
        const expected = [...whole.push(bytes), ...whole.end()];
        const first = new RowPass(fileForm({ badRows }));
        const begun = first.push(bytes.slice(0, cut % bytes.length));
        const { state } = first;
        const rest = new RowPass(
          fileForm({ badRows }),
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
    const { errors } = passFile('Nutzer;Film;Titel;Note;Datum\n1;2;A;gut;bald\n1;;A;4;1\n', {
      columns: { user: 'Nutzer', item: 'Film', title: 'Titel', rating: 'Note', time: 'Datum' },
    });
    expect(errors.map(({ line, column, problem }) => [line, column, problem])).toEqual([
      [2, 'Note', '"gut" is not a number.'],
      [2, 'Datum', '"bald" is not a time.'],
      [3, 'Film', 'Film is missing.'],
    ]);
    const json = passFile('{"reader":1,"isbn":2,"title":"A","stars":"good","ts":1}\n', { columns: { user: 'reader' } });
    expect(json.errors).toMatchObject([{ column: 'stars' }]);
    const items = passFile('id,name\n1,\n2,Heat\n', { kind: 'items' });
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
      expect(passFile(text).rows).toMatchObject(ids.map((id) => ({ user: id, item: id })));
    }
    expect(passFile(line('7.6561197970982479e16')).errors).toMatchObject([
      { column: 'user', problem: expect.stringContaining('76561197970982480') },
      { column: 'item' },
    ]);
    const item = passFile('{"id":76561197970982479,"title":"A"}\n{"id":7.6e16,"title":"B"}\n', { kind: 'items' });
    expect(item.rows).toMatchObject([{ id: '76561197970982479' }]);
    expect(item.errors).toMatchObject([{ line: 2, column: 'id' }]);
    // Of what is no integer only the value counts.
    expect(
      passFile('{"user":1,"item":2,"title":"A 12345678901234567890","rating":4.000000000000000001,"time":1}').rows,
    ).toMatchObject([{ title: 'A 12345678901234567890', rating: 4 }]);
  });

  it('says what to do where no column holds the time', () => {
    const fix = 'add a column time with 0 in every row: histories then keep the order of the file';
    expect(passFile('user,item,title,rating\n1,2,A,4\n').errors[0]).toMatchObject({
      column: 'time',
      fix: expect.stringContaining(fix),
    });
    expect(passFile('{"user":1,"item":2,"title":"A","rating":4}\n').errors[0]).toMatchObject({
      column: 'time',
      fix: expect.stringContaining(fix),
    });
  });

  it('reads decimal commas and dates with dots, and says so', () => {
    const german = 'user;item;title;rating;time\n1;2;"Heat";4,5;01.02.2024\n1;3;Ran;3;1.3.2024 12:30\n';
    const { rows, warnings } = passFile(german);
    expect(rows).toMatchObject([
      { rating: 4.5, time: Date.UTC(2024, 1, 1) / 1000 },
      { rating: 3, time: Date.UTC(2024, 2, 1, 12, 30) / 1000 },
    ]);
    expect(warnings).toContain('"4,5" was read as 4.5: with a decimal comma.');
    expect(warnings).toContain('Dates such as "01.02.2024" were read as 2024-02-01: with dots the day comes first.');
    expect(passFile('user,item,title,rating,time\n1,2,A,"4,5",100\n').rows).toMatchObject([{ rating: 4.5 }]);
    // Without a header, by what stands in them.
    expect(passFile(german.split('\n').slice(1).join('\n')).rows).toEqual(rows);
  });

  it('keeps rows back until a date shows which of its numbers is the day, in their order', () => {
    const dated = (dates: string[]) =>
      `user,item,title,rating,time\n${dates.map((date, at) => `1,${at},A${at},4,${date}`).join('\n')}\n`;
    const { rows, warnings, errors } = passFile(dated(['2024-01-01', '03/04/2024', '100', '25/12/2023', '13/13/2024']));
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
    const unclear = passFile(dated(['2024-01-01', '03/04/2024']));
    expect(unclear.errors).toMatchObject([{ line: 3, column: 'time', fix: expect.stringContaining('03.04.2024') }]);
    const late = passFile(dated([...Array.from({ length: 2000 }, () => '03/04/2024'), '25/12/2023']));
    expect(late.pass.errorCount).toBe(2001);
  });

  describe('told to leave out rows that cannot be used', () => {
    const leaveOut = { badRows: 'leave-out' } as const;
    const head = 'user,item,title,stars,time\n';

    it('takes the others, and says how many and which', () => {
      const text = `${head}1,2,A,4,100\n1,3,B,good,soon\n1,4,C\n1,5,D,3,101\n`;
      const { pass, rows, warnings } = passFile(text, leaveOut);
      expect(pass.isRefused()).toBe(false);
      expect(rows).toHaveLength(2);
      expect(pass.stats()).toMatchObject({ rows: 2, unusable: 2 });
      expect(warnings[0]).toBe(
        '2 of 4 rows cannot be used and are left out. Line 3, stars: "good" is not a number. Line 3, time: "soon" is not a time. Line 4: This row has 3 fields, the header has 5.',
      );
      const refusing = passFile(text);
      expect(refusing.pass.isRefused()).toBe(true);
      expect(refusing.pass.isRefused('leave-out')).toBe(false);
      expect(refusing.words).not.toContain('left out');
    });

    it('takes nothing where more than half cannot be used', () => {
      const { pass, errors } = passFile(`${head}1,2,A,4,100\n1,3,B,good,1\n1,4,C,bad,2\n`, leaveOut);
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
      const { pass } = passFile(text, leaveOut);
      expect(pass.isRefused()).toBe(true);
      expect(pass.stats().unusable).toBeNull();
    });
  });

  it('refuses columns that were named after nothing, of a table at its header', () => {
    const { rows, errors } = passFile(table, { columns: { ...columns, by: 'author' } });
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
    const named = fileForm({ columns: { by: 'writer', rating: 'grade' } });
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

describe('rows of other kinds in tables', () => {
  const published = 'User Preference: "A"\nUser Unpreference: \nWhether the user will like the target movie "B"?';
  it('are read by the names in their header', () => {
    const alpaca = 'instruction,input,output\nSay hello.,,Hello.\n';
    expect(passFile(alpaca, { kind: 'instructions' }).rows).toEqual([
      { instruction: 'Say hello.', input: '', output: 'Hello.' },
    ]);
    const { rows, words } = passFile(`instruction,input,output,id\nx,"${published.replaceAll('"', '""')}",Yes.,3\n`, {
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
    expect(passFile(text, { titles }).errors[0]).toMatchObject({
      problem: expect.stringContaining('one for the user "B001"'),
      fix: expect.stringContaining('--columns user=2,item=1'),
    });
    expect(passFile(text, { titles, columns: { user: '2', item: '1' } })).toMatchObject({
      errors: [],
      rows: [{ user: 'A1', title: 'Heat' }, { user: 'A2' }],
    });
    // A number may be the id of a user and of an item.
    expect(passFile('7,8,2.0,978300001\n', { titles }).errors[0]!.problem).not.toContain('swapped');
  });
});

describe('a published row whose list is empty', () => {
  it.each(['', 'None', 'none.', 'N/A', '[]', 'null', '-'])('may say so: %j', (nothing) => {
    const input = `User Preference: "A"\nUser Unpreference: ${nothing}\nWhether the user will like the target movie "B"?`;
    const row = JSON.stringify({ instruction: 'x', input, output: 'Yes.' });
    expect(passFile(row, { kind: 'samples' }).rows).toMatchObject([{ history: [{ title: 'A', liked: true }] }]);
  });

  it('is not one with an item of such a name', () => {
    const input =
      'User Preference: "None"\nUser Unpreference: Nonesuch\nWhether the user will like the target movie "None"?';
    const row = JSON.stringify({ instruction: 'x', input, output: 'Yes.' });
    const history = [{ title: 'None' }, { title: 'Nonesuch' }];
    expect(passFile(row, { kind: 'samples' }).rows).toMatchObject([{ history, target: { title: 'None' } }]);
  });
});

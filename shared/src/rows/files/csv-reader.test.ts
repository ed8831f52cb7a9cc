import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ITEMS } from '../columns/columns.ts';
import { type BadRow, isBad } from '../row-reader.ts';
import { CsvReader } from './csv-reader.ts';
import { encode, problems, readInChunks, values } from './fixtures/read-in-chunks.ts';

const HEADER = 'user,item,title,rating,time';
const chunkSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const text = fc.string({ unit: 'grapheme', maxLength: 12 });

describe('CSV', () => {
  const field = text.map((value) => value.replace(/\0/g, ''));
  const row = (title: string, rating = '3') => ({ user: '1', item: '2', title, rating, time: '4' });
  const read = (file: string, size = 9) => readInChunks(new CsvReader(), encode(file), [size]);

  it('gives each row with its line, for any quoting, chunks and line ends, and can go on behind any row', () => {
    const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(field, fc.stringMatching(/^[a-z\n",;]{0,8}$/)), { minLength: 1, maxLength: 8 }),
        chunkSizes,
        fc.constantFrom(',', ';', '\t', '|', '::'),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        (rows, sizes, delimiter, lineEnd, bom) => {
          const head = HEADER.replaceAll(',', delimiter);
          const lines = rows.map(([item, title]) => ['u1', quoted(item), quoted(title), '3', '4'].join(delimiter));
          const bytes = encode(`${bom ? '\ufeff' : ''}${head}${lineEnd}${lines.join(lineEnd)}${lineEnd}`);
          const expected = rows.map(([item, title]) => ({ user: 'u1', item, title, rating: '3', time: '4' }));
          const all = readInChunks(new CsvReader(), bytes, sizes);
          expect(values(all)).toEqual(expected);
          expect(readInChunks(new CsvReader(), bytes, [bytes.length])).toEqual(all);
          let line = 2;
          for (const [at, row] of all.entries()) {
            expect(row.line).toBe(line);
            line += lines[at]!.split(/\r\n|\r|\n/).length;
          }
          const reader = new CsvReader();
          const first = reader.push(bytes.slice(0, bytes.length >> 1));
          if (!reader.head) return;
          const rest = new CsvReader({}, reader);
          const again = readInChunks(rest, bytes.slice(reader.position.offset), sizes);
          expect([...first, ...again]).toEqual(all);
        },
      ),
    );
  });

  it('takes CRLF, empty lines, and the names of well-known files', () => {
    const file = 'userId,movieId,rating,timestamp,title\r\n1,2,3.5,99,A\r\n\r\n4,5,1,98,B';
    const rows = readInChunks(new CsvReader(), encode(file), [5]);
    expect(rows).toMatchObject([
      { line: 2, value: { user: '1', item: '2', rating: '3.5', time: '99', title: 'A' } },
      { line: 4, value: { user: '4', item: '5', rating: '1', time: '98', title: 'B' } },
    ]);
  });

  it('names missing columns, odd numbers of fields and broken quotes', () => {
    expect(problems(readInChunks(new CsvReader(), encode('userId,movieId,rating,timestamp\n1,2,3,4\n'), [9]))).toEqual([
      [1, 'The header has no column for title.'],
    ]);
    const rows = readInChunks(new CsvReader(), encode(`${HEADER}\n1,2,A,3\n1,2,A"B,3,4\n1,2,C,3,4\n`), [9]);
    expect(rows.map((row) => [row.line, isBad(row)])).toEqual([
      [2, true],
      [3, true],
      [4, false],
    ]);
  });

  it.each(['\n', '\r\n', '\r'])('names the line where a stray quote opens, and each that it takes (%j)', (end) => {
    const lines = [
      HEADER,
      '1,2,A,3,4',
      '1,2,"B,3,4',
      '1,2,C,3,4',
      '1,2,"D",3,4',
      '1,2,E"e,3,4',
      '1,2,F,3,4',
      '1,2,G,3',
    ];
    for (const size of [1, 1000]) {
      const rows = read(lines.join(end), size);
      expect(rows.map((one) => [one.line, isBad(one)])).toEqual([
        [2, false],
        [3, true],
        [4, true],
        [5, true],
        [6, true],
        [7, false],
        [8, true],
      ]);
      expect(rows.slice(1, 3)).toMatchObject([
        { problem: expect.stringMatching(/^A quote opened in the row that begins here is not closed before line 5/) },
        { problem: 'The quote of line 3 makes this line a part of its field.' },
      ]);
    }
  });

  it('takes spaces around quoted fields', () => {
    const rows = read('user , item, title, rating, time\n1, 2, "A, ""B""" , 3, 4\n1,2 ," C ",3,4\n');
    expect(values(rows)).toEqual([row('A, "B"'), row(' C ')]);
  });

  it.each([',', ';', '\t', '|', '::'])(
    'passes over rows of nothing, and what DOS puts at the end (%j)',
    (delimiter) => {
      const head = HEADER.replaceAll(',', delimiter);
      const line = ['1', '2', 'A', '3', '4'].join(delimiter);
      const text = [head, line, delimiter.repeat(4), '   ', '', line, delimiter.repeat(9), '\u001a'].join('\r\n');
      const rows = read(text);
      expect(values(rows)).toEqual([row('A'), row('A')]);
      expect(rows.map((one) => one.line)).toEqual([2, 6]);
    },
  );

  it('ends at an unclosed quote without holding the rest of the file', () => {
    const open = `${HEADER}\n1,2,B,3,4\n1,2,"A,3,4\n`;
    const long = readInChunks(new CsvReader(), encode(open + '1,2,B,3,4\n'.repeat(200_000)), [65_536]);
    expect(problems(long)).toEqual([[3, 'The row that begins here is longer than 1048576 bytes.']]);
    expect(long.at(-1)).toMatchObject({ fix: expect.stringMatching(/^Shorten it\. .* may never be closed/) });
    const short = readInChunks(new CsvReader(), encode(`${open}1,2,B,3,4\n`), [65_536]);
    expect(problems(short)).toEqual([[3, 'A quote is opened in the row that begins here and never closed.']]);
  });

  it.each([
    ['CRLF after the header alone', `${HEADER}\r\n1,2,A,3,4\n1,2,B,3,4\n`],
    ['LF after the header alone', `${HEADER}\n1,2,A,3,4\r\n1,2,B,3,4\r\n`],
    ['CR', `${HEADER}\r1,2,A,3,4\r1,2,B,3,4`],
    ['all three', `${HEADER}\r1,2,A,3,4\r\n1,2,B,3,4\n`],
  ])('takes line ends that are %s', (_, file) => {
    for (const size of [1, 3, 100]) {
      const rows = read(file, size);
      expect(values(rows)).toEqual([row('A'), row('B')]);
      expect(rows.map(({ line }) => line)).toEqual([2, 3]);
    }
  });

  it('keeps the line breaks of a quoted field, and counts them once', () => {
    const rows = read(`${HEADER}\r\n1,2,"A\r\nB",3,4\r\n1,2,"C\rD",3,4\r\n1,2,E,3\r\n`);
    expect(values(rows.slice(0, 2))).toEqual([row('A\r\nB'), row('C\rD')]);
    expect(rows.map(({ line }) => line)).toEqual([2, 4, 6]);
  });

  const tabs = HEADER.replaceAll(',', '\t');
  it.each([
    [
      'semicolons, though titles hold more commas',
      'user;item;title;rating;time\n1;2;A, B, C, D, E, F;3;4\n',
      'A, B, C, D, E, F',
    ],
    ['bars', 'user|item|title|rating|time\n1|2|A, B|3|4\n', 'A, B'],
    ['tabs, with quotes that quote nothing', `${tabs}\n1\t2\t"A" and "B"\t3\t4\n`, '"A" and "B"'],
    ['tabs, with quotes that quote', `${tabs}\n1\t2\t"He said ""A\tB"" "\t3\t4\n`, 'He said "A\tB" '],
    ['two colons, as MovieLens', 'user::item::title::rating::time\n1::2::A: B::3::4\n', 'A: B'],
    ['semicolons, after the hint of Excel', 'sep=;\r\nuser;item;title;rating;time\r\n1;2;A,B;3;4\r\n', 'A,B'],
    [
      'semicolons, with quotes as of Book-Crossing',
      '"user";"item";"title";"rating";"time"\n"1";"2";"\\"A; B\\" \\"C\\"";"3";"4"\n',
      '"A; B" "C"',
    ],
    ['commas, with quotes as of MySQL', `${HEADER}\n1,2,"A \\"B\\" C",3,4\n`, 'A "B" C'],
    ['commas, and a field that ends with a backslash', `${HEADER}\n1,2,"A\\",3,4\n`, 'A\\'],
  ])('finds fields between %s', (_, file, title) => {
    for (const size of [1, 1000]) expect(values(read(file, size))).toEqual([row(title)]);
  });

  describe('where quotes are mostly text', () => {
    const parted = (delimiter: string, ...lines: string[][]) =>
      [HEADER.split(','), ...lines].map((line) => `${line.join(delimiter)}\n`).join('');
    const titled = (...titles: string[]) => titles.map((title) => ['1', '2', title, '3', '4']);
    const titles = ['"Weird Al', 'A', 'Say "Hi"', '"A" B', 'Al"', '"', 'A'];

    it.each(['\t', '|', '::'])('a stray one costs no row, between %j', (delimiter) => {
      for (const size of [1, 7, 1000]) {
        expect(values(read(parted(delimiter, ...titled(...titles)), size))).toEqual(titles.map((title) => row(title)));
      }
    });

    it('a field that is all in quotes loses them, in one line or more', () => {
      const quoted = ['"Heat"', '"A\tB"', '"A\r\n\n""B"', '""'];
      const rows = read(parted('\t', ...titled(...quoted, 'C')), 3);
      expect(values(rows)).toEqual(['Heat', 'A\tB', 'A\r\n\n"B', '', 'C'].map((title) => row(title)));
      expect(rows.map(({ line }) => line)).toEqual([2, 3, 4, 7, 8]);
    });

    it('one that opens a field of a row cut short is refused where it stands, and rows behind it are read', () => {
      const rows = read(parted('\t', ['1', '2', '"A'], ...titled('B', 'C"')));
      expect(rows).toMatchObject([
        { line: 2, problem: 'A quote opens a field here and closes none.' },
        { line: 3, value: row('B') },
        { line: 4, value: row('C"') },
      ]);
      expect(read(parted('\t', ...titled('B'), ['1', '2', '"A']))).toMatchObject([{ value: row('B') }, { line: 3 }]);
    });

    it('a line without end is not held', () => {
      const rows = readInChunks(new CsvReader(), encode(`${parted('\t')}${'x'.repeat(3 * 1024 * 1024)}`), [65_536]);
      expect(rows).toMatchObject([{ line: 2, problem: expect.stringContaining('longer than') }]);
    });
  });

  it.each(['# exported by a shop', '% made, 2024', '// 3 rows'])('names a comment before the header: %s', (comment) => {
    expect(read(`\n${comment}\n${HEADER}\n1,2,A,3,4\n`)).toEqual([
      {
        line: 2,
        column: null,
        problem: `This line looks like a comment: "${comment}".`,
        fix: expect.stringContaining('Remove it'),
      },
    ]);
    const tags = '#1,2,Heat,4,978300760\n3,2,Heat,4,978300761\n';
    expect(values(read(tags))).toMatchObject([{ user: '#1' }, { user: '3' }]);
    expect(values(read(`#${HEADER}\n1,2,A,3,4\n`))).toEqual([row('A')]);
  });

  it("takes RecBole's header, which names types", () => {
    const header = 'user_id:token\titem_id:token\ttitle:token_seq\trating:float\ttimestamp:float';
    expect(values(read(`${header}\n1\t2\tA\t3\t4\n`))).toEqual([row('A')]);
  });
});

describe('a table without a header', () => {
  const file = ['7::11::Heat::3::978300760', '7::12::Cop and ½::5::978302109', '8::11::Heat::1::978301968'].join('\n');

  it('is told by its order where that leaves no doubt', () => {
    for (const size of [1, 1000]) {
      const reader = new CsvReader();
      const rows = readInChunks(reader, encode(`${file}\n`), [size]);
      expect(rows[0]).toMatchObject({
        line: 1,
        value: { user: '7', item: '11', title: 'Heat', rating: '3', time: '978300760' },
      });
      expect(rows).toHaveLength(3);
      expect(reader.names).toEqual({ user: '1', item: '2', title: '3', rating: '4', time: '5' });
    }
  });

  it('is read by the numbers of its columns', () => {
    const named = { user: '2', item: '1', title: '3', rating: '4', time: '5' };
    const rows = readInChunks(new CsvReader({ named }), encode(file), [7]);
    expect(rows[1]).toMatchObject({ line: 2, value: { user: '12', item: '7', title: 'Cop and ½' } });
  });

  it.each([
    ['196\t242\t3\t881250949\n186\t302\t3\t891717742\n', 'title'],
    ['1,2,Heat,3,4,978300760\n1,2,Babe,4,4,978300761\n', 'user'],
  ])('is refused where a column cannot be told: %j', (text, column) => {
    const [row] = readInChunks(new CsvReader(), encode(text), [50]) as BadRow[];
    expect(row).toMatchObject({ line: 1, column, problem: expect.stringContaining('no header line') });
    expect(row!.fix).toContain('user=1,item=2,title=3,rating=4,time=5');
  });

  it('of items is an id and a title', () => {
    const reader = new CsvReader({ layout: ITEMS });
    const text = "1::Toy Story (1995)::Animation|Children's\n2::Jumanji (1995)::Adventure\n";
    expect(values(readInChunks(reader, encode(text), [9]))).toEqual([
      { item: '1', title: 'Toy Story (1995)' },
      { item: '2', title: 'Jumanji (1995)' },
    ]);
  });
});

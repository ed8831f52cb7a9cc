import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ITEMS } from '../columns/columns.ts';
import { type BadRow, type GoodRow, isBad, type RawRow, type RowReader } from '../row-reader.ts';
import { CsvReader } from './csv-reader.ts';
import { JsonArrayReader } from './json-array-reader.ts';
import { JsonlReader } from './jsonl-reader.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const HEADER = 'user,item,title,rating,time';

/** Reads bytes in chunks of these sizes, over and over. */
function readAll(reader: RowReader, bytes: Uint8Array, sizes: number[]): RawRow[] {
  const rows: RawRow[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    rows.push(...reader.push(bytes.slice(at, at + size)));
    at += size;
  }
  return [...rows, ...reader.end()];
}

const values = (rows: RawRow[]) => rows.map((row) => (row as GoodRow).value);
const problems = (rows: RawRow[]) => rows.filter(isBad).map(({ line, problem }) => [line, problem.split(/[:,]/)[0]]);
/** Integers that numbers do not hold exactly are texts. */
const exactly = (value: unknown) =>
  JSON.parse(JSON.stringify(value), (_, part) =>
    Number.isInteger(part) && !Number.isSafeInteger(part) && /^-?\d+$/.test(String(part)) ? String(part) : part,
  );
const chunkSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const text = fc.string({ unit: 'grapheme', maxLength: 12 });

describe('JSON array', () => {
  it('gives what JSON.parse gives, for any chunks and layout, and can go on behind any row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { minLength: 1, maxLength: 8 }),
        chunkSizes,
        fc.nat(3),
        (rows, sizes, indent) => {
          const bytes = encode(JSON.stringify(rows, null, indent));
          const parsed = rows.map(exactly);
          const reader = new JsonArrayReader();
          const first = reader.push(bytes.slice(0, bytes.length >> 1));
          const rest = readAll(new JsonArrayReader(reader.position), bytes.slice(reader.position.offset), sizes);
          expect(values([...first, ...rest])).toEqual(parsed);
          expect(values(readAll(new JsonArrayReader(), bytes, sizes))).toEqual(parsed);
        },
      ),
    );
  });

  it('names the line where an element begins, and one bad element costs only itself', () => {
    const rows = readAll(new JsonArrayReader(), encode('[\n {"a":1},\n\n {"a":tru},\n {"b":\n2}\n]\n'), [3]);
    expect(rows.map((row) => row.line)).toEqual([2, 4, 5]);
    expect(problems(rows)).toEqual([[4, 'This is not valid JSON']]);
  });

  it.each([
    ['', 'The file is empty.'],
    ['{"a":1}', 'The file begins with { and not with [, and holds no array of rows.'],
    ['{"a":[{"b":1}]}', 'The rows stand under "a" of the object.'],
    ['[{"a":1} {"a":2}]', 'A comma is missing before this row.'],
    ['[{"a":1},]', 'A row is missing behind a comma.'],
    ['[{"a":1}] x', 'There is text behind the closing ] of the array.'],
    ['[{"a":1},{"a":"', 'The file ends in the row that begins at line 1.'],
  ])('refuses %j', (file, problem) => {
    expect(problems(readAll(new JsonArrayReader(), encode(file), [2])).at(-1)![1]).toBe(problem.split(/[:,]/)[0]);
  });
});

describe('an array within an object', () => {
  it('is found by its name, whatever else stands there, and can be gone on with', () => {
    const rows = [{ a: 1 }, { a: [']'] }, { data: [2] }];
    const before = { version: 'x"[', meta: { data: [0] }, more: [[1]] };
    const file = JSON.stringify({ ...before, data: rows, end: { b: [3] } }, null, 1);
    for (const size of [1, 7, 1000]) {
      expect(values(readAll(new JsonArrayReader(), encode(file), [size]))).toEqual(rows);
    }
    const reader = new JsonArrayReader();
    const first = reader.push(encode(file.slice(0, file.indexOf('"]"') + 5)));
    const rest = new JsonArrayReader(reader.position, reader.wrapped);
    expect(values([...first, ...readAll(rest, encode(file).slice(reader.position.offset), [5])])).toEqual(rows);
  });
});

describe('what DOS puts at the end of a file', () => {
  it.each([
    [new JsonlReader(), '{"a":1}\r\n\u001a'],
    [new JsonArrayReader(), '[{"a":1}]\r\n\u001a'],
  ])('is no row', (reader, file) => {
    expect(readAll(reader, encode(file), [4])).toEqual([{ line: 1, value: { a: 1 } }]);
  });
});

describe('JSON Lines', () => {
  it('gives each line, for any chunks and line ends, and can go on behind any row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.object(), { maxLength: 8 }),
        chunkSizes,
        fc.constantFrom('\n', '\r\n', '\n\n', '\r', '\r\n\r\n'),
        (rows, sizes, end) => {
          const bytes = encode(rows.map((row) => JSON.stringify(row) + end).join(''));
          const parsed = rows.map(exactly);
          expect(values(readAll(new JsonlReader(), bytes, sizes))).toEqual(parsed);
          const reader = new JsonlReader();
          const first = reader.push(bytes.slice(0, bytes.length >> 1));
          const rest = readAll(new JsonlReader(reader.position), bytes.slice(reader.position.offset), sizes);
          expect(values([...first, ...rest])).toEqual(parsed);
        },
      ),
    );
  });

  it('names lines with bad JSON or too many bytes, and goes on', () => {
    const bytes = encode(`{"a":1}\n{"a":\r\n\n"${'x'.repeat(1024 * 1024)}"\r{"a":2}`);
    for (const size of [1, 70_000]) {
      const rows = readAll(new JsonlReader(), bytes, [size]);
      expect(problems(rows)).toEqual([
        [2, 'This is not valid JSON'],
        [4, 'A row is longer than 1048576 bytes.'],
      ]);
      expect(rows.at(-1)).toEqual({ line: 5, value: { a: 2 } });
    }
  });

  it.each([
    ['{"a": NaN}', /NaN is no JSON value/, /Write null/],
    ['{"a": "b", "c": [-Infinity]}', /-Infinity is no JSON value/, /Write null/],
    ["{'a': 'b', 'c': \"it's\"}", /Python dict/, /ast\.literal_eval/],
    ['{"a": "NaN" "b"}', /not valid JSON/, /JSON encoder/],
  ])('says what %s is', (text, problem, fix) => {
    const [row] = readAll(new JsonlReader(), encode(text), [50]) as BadRow[];
    expect(row!.problem).toMatch(problem);
    expect(row!.fix).toMatch(fix);
  });
});

describe('CSV', () => {
  const field = text.map((value) => value.replace(/\0/g, ''));
  const row = (title: string, rating = '3') => ({ user: '1', item: '2', title, rating, time: '4' });
  const read = (file: string, size = 9) => readAll(new CsvReader(), encode(file), [size]);

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
          const all = readAll(new CsvReader(), bytes, sizes);
          expect(values(all)).toEqual(expected);
          expect(readAll(new CsvReader(), bytes, [bytes.length])).toEqual(all);
          let line = 2;
          for (const [at, row] of all.entries()) {
            expect(row.line).toBe(line);
            line += lines[at]!.split(/\r\n|\r|\n/).length;
          }
          const reader = new CsvReader();
          const first = reader.push(bytes.slice(0, bytes.length >> 1));
          if (!reader.head) return;
          const rest = new CsvReader({}, reader);
          const again = readAll(rest, bytes.slice(reader.position.offset), sizes);
          expect([...first, ...again]).toEqual(all);
        },
      ),
    );
  });

  it('takes CRLF, empty lines, and the names of well-known files', () => {
    const file = 'userId,movieId,rating,timestamp,title\r\n1,2,3.5,99,A\r\n\r\n4,5,1,98,B';
    const rows = readAll(new CsvReader(), encode(file), [5]);
    expect(rows).toMatchObject([
      { line: 2, value: { user: '1', item: '2', rating: '3.5', time: '99', title: 'A' } },
      { line: 4, value: { user: '4', item: '5', rating: '1', time: '98', title: 'B' } },
    ]);
  });

  it('names missing columns, odd numbers of fields and broken quotes', () => {
    expect(problems(readAll(new CsvReader(), encode('userId,movieId,rating,timestamp\n1,2,3,4\n'), [9]))).toEqual([
      [1, 'The header has no column for title.'],
    ]);
    const rows = readAll(new CsvReader(), encode(`${HEADER}\n1,2,A,3\n1,2,A"B,3,4\n1,2,C,3,4\n`), [9]);
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
    const long = readAll(new CsvReader(), encode(open + '1,2,B,3,4\n'.repeat(200_000)), [65_536]);
    expect(problems(long)).toEqual([[3, 'The row that begins here is longer than 1048576 bytes.']]);
    const short = readAll(new CsvReader(), encode(`${open}1,2,B,3,4\n`), [65_536]);
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
      const rows = readAll(new CsvReader(), encode(`${parted('\t')}${'x'.repeat(3 * 1024 * 1024)}`), [65_536]);
      expect(rows).toMatchObject([{ line: 2, problem: expect.stringContaining('longer than') }]);
    });
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
      const rows = readAll(reader, encode(`${file}\n`), [size]);
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
    const rows = readAll(new CsvReader({ named }), encode(file), [7]);
    expect(rows[1]).toMatchObject({ line: 2, value: { user: '12', item: '7', title: 'Cop and ½' } });
  });

  it.each([
    ['196\t242\t3\t881250949\n186\t302\t3\t891717742\n', 'title'],
    ['1,2,Heat,3,4,978300760\n1,2,Babe,4,4,978300761\n', 'user'],
  ])('is refused where a column cannot be told: %j', (text, column) => {
    const [row] = readAll(new CsvReader(), encode(text), [50]) as BadRow[];
    expect(row).toMatchObject({ line: 1, column, problem: expect.stringContaining('no header line') });
    expect(row!.fix).toContain('user=1,item=2,title=3,rating=4,time=5');
  });

  it('of items is an id and a title', () => {
    const reader = new CsvReader({ layout: ITEMS });
    const text = "1::Toy Story (1995)::Animation|Children's\n2::Jumanji (1995)::Adventure\n";
    expect(values(readAll(reader, encode(text), [9]))).toEqual([
      { item: '1', title: 'Toy Story (1995)' },
      { item: '2', title: 'Jumanji (1995)' },
    ]);
  });
});

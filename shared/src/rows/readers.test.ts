import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvReader } from './csv-reader.ts';
import { JsonArrayReader, JsonlReader } from './json-readers.ts';
import { type GoodRow, isBad, type RawRow, type RowReader } from './row-reader.ts';

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
          const parsed = rows.map((row) => JSON.parse(JSON.stringify(row)));
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
    ['{"a":1}', 'The file begins with { and not with [.'],
    ['[{"a":1} {"a":2}]', 'A comma is missing before this row.'],
    ['[{"a":1},]', 'A row is missing behind a comma.'],
    ['[{"a":1}] x', 'There is text behind the closing ] of the array.'],
    ['[{"a":1},{"a":"', 'The file ends in the row that begins at line 1.'],
  ])('refuses %j', (file, problem) => {
    expect(problems(readAll(new JsonArrayReader(), encode(file), [2])).at(-1)![1]).toBe(problem.split(/[:,]/)[0]);
  });
});

describe('JSON Lines', () => {
  it('gives each line, for any chunks and line ends, and can go on behind any row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.object(), { maxLength: 8 }),
        chunkSizes,
        fc.constantFrom('\n', '\r\n', '\n\n'),
        (rows, sizes, end) => {
          const bytes = encode(rows.map((row) => JSON.stringify(row) + end).join(''));
          const parsed = rows.map((row) => JSON.parse(JSON.stringify(row)));
          expect(values(readAll(new JsonlReader(), bytes, sizes))).toEqual(parsed);
          const reader = new JsonlReader();
          const first = reader.push(bytes.slice(0, bytes.length >> 1));
          const rest = readAll(new JsonlReader(reader.position), bytes.slice(reader.position.offset), sizes);
          expect(values([...first, ...rest])).toEqual(parsed);
        },
      ),
    );
  });

  it('names lines with bad JSON, bad UTF-8 or too many bytes, and goes on', () => {
    const bytes = Uint8Array.from([
      ...encode('{"a":1}\n{"a":\n"'),
      0xe9,
      ...encode('"\n'),
      ...encode(`"${'x'.repeat(1024 * 1024)}"\n{"a":2}`),
    ]);
    const rows = readAll(new JsonlReader(), bytes, [70_000]);
    expect(problems(rows)).toEqual([
      [2, 'This is not valid JSON'],
      [3, 'This is not UTF-8 text.'],
      [4, 'A row is longer than 1048576 bytes.'],
    ]);
    expect(rows.at(-1)).toEqual({ line: 5, value: { a: 2 } });
  });
});

describe('CSV', () => {
  const field = text.map((value) => value.replace(/\0/g, ''));

  it('gives each row with its line, for any quoting, chunks and line ends, and can go on behind any row', () => {
    const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(field, fc.stringMatching(/^[a-z\n",;]{0,8}$/)), { minLength: 1, maxLength: 8 }),
        chunkSizes,
        fc.constantFrom(',', ';', '\t'),
        fc.boolean(),
        (rows, sizes, delimiter, bom) => {
          const head = HEADER.replaceAll(',', delimiter);
          const lines = rows.map(([item, title]) => ['u1', quoted(item), quoted(title), '3', '4'].join(delimiter));
          const bytes = encode(`${bom ? '\ufeff' : ''}${head}\n${lines.join('\n')}\n`);
          const expected = rows.map(([item, title]) => ({ user: 'u1', item, title, rating: '3', time: '4' }));
          const all = readAll(new CsvReader(), bytes, sizes);
          expect(values(all)).toEqual(expected);
          let line = 2;
          for (const [at, row] of all.entries()) {
            expect(row.line).toBe(line);
            line += lines[at]!.split('\n').length;
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
    expect(rows).toEqual([
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

  it('ends at an unclosed quote without holding the rest of the file', () => {
    const open = `${HEADER}\n1,2,B,3,4\n1,2,"A,3,4\n`;
    const long = readAll(new CsvReader(), encode(open + '1,2,B,3,4\n'.repeat(200_000)), [65_536]);
    expect(problems(long)).toEqual([[3, 'The row that begins here is longer than 1048576 bytes.']]);
    const short = readAll(new CsvReader(), encode(`${open}1,2,B,3,4\n`), [65_536]);
    expect(problems(short)).toEqual([[3, 'A quote is opened in the row that begins here and never closed.']]);
  });

  it('names the line that is not UTF-8', () => {
    const bytes = Uint8Array.from([...encode(`${HEADER}\n1,2,A,3,4\n1,2,Caf`), 0xe9, ...encode(',3,4\n1,2,B,3,4\n')]);
    for (const size of [7, 1000])
      expect(problems(readAll(new CsvReader(), bytes, [size]))).toEqual([[3, 'This is not UTF-8 text.']]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BadRow } from '../row-reader.ts';
import { encode, problems, readInChunks, values } from './fixtures/read-in-chunks.ts';
import { JsonArrayReader } from './json-array-reader.ts';
import { JsonlReader } from './jsonl-reader.ts';

/** Integers that numbers do not hold exactly are texts. */
const exactly = (value: unknown) =>
  JSON.parse(JSON.stringify(value), (_, part) =>
    Number.isInteger(part) && !Number.isSafeInteger(part) && /^-?\d+$/.test(String(part)) ? String(part) : part,
  );
const chunkSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

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
          const rest = readInChunks(new JsonArrayReader(reader.position), bytes.slice(reader.position.offset), sizes);
          expect(values([...first, ...rest])).toEqual(parsed);
          expect(values(readInChunks(new JsonArrayReader(), bytes, sizes))).toEqual(parsed);
        },
      ),
    );
  });

  it('names the line where an element begins, and one bad element costs only itself', () => {
    const rows = readInChunks(new JsonArrayReader(), encode('[\n {"a":1},\n\n {"a":tru},\n {"b":\n2}\n]\n'), [3]);
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
    expect(problems(readInChunks(new JsonArrayReader(), encode(file), [2])).at(-1)![1]).toBe(problem.split(/[:,]/)[0]);
  });
});

describe('an array within an object', () => {
  it('is found by its name, whatever else stands there, and can be gone on with', () => {
    const rows = [{ a: 1 }, { a: [']'] }, { data: [2] }];
    const before = { version: 'x"[', meta: { data: [0] }, more: [[1]] };
    const file = JSON.stringify({ ...before, data: rows, end: { b: [3] } }, null, 1);
    for (const size of [1, 7, 1000]) {
      expect(values(readInChunks(new JsonArrayReader(), encode(file), [size]))).toEqual(rows);
    }
    const reader = new JsonArrayReader();
    const first = reader.push(encode(file.slice(0, file.indexOf('"]"') + 5)));
    const rest = new JsonArrayReader(reader.position, reader.wrapped);
    expect(values([...first, ...readInChunks(rest, encode(file).slice(reader.position.offset), [5])])).toEqual(rows);
  });
});

describe('what DOS puts at the end of a file', () => {
  it.each([
    [new JsonlReader(), '{"a":1}\r\n\u001a'],
    [new JsonArrayReader(), '[{"a":1}]\r\n\u001a'],
  ])('is no row', (reader, file) => {
    expect(readInChunks(reader, encode(file), [4])).toEqual([{ line: 1, value: { a: 1 } }]);
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
          expect(values(readInChunks(new JsonlReader(), bytes, sizes))).toEqual(parsed);
          const reader = new JsonlReader();
          const first = reader.push(bytes.slice(0, bytes.length >> 1));
          const rest = readInChunks(new JsonlReader(reader.position), bytes.slice(reader.position.offset), sizes);
          expect(values([...first, ...rest])).toEqual(parsed);
        },
      ),
    );
  });

  it('names lines with bad JSON or too many bytes, and goes on', () => {
    const bytes = encode(`{"a":1}\n{"a":\r\n\n"${'x'.repeat(1024 * 1024)}"\r{"a":2}`);
    for (const size of [1, 70_000]) {
      const rows = readInChunks(new JsonlReader(), bytes, [size]);
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
    ['{"a": "x,]"}, ', /: , stands after the object/, /nothing after it/],
    ['{"a": 1}]', /: \] stands after the object/, /whole array/],
    [']', /: \] stands after the object/, /whole array/],
    ['{"a": [1}]', /not valid JSON/, /JSON encoder/],
    ['{"a": "NaN" "b"}', /not valid JSON/, /JSON encoder/],
  ])('says what %s is', (text, problem, fix) => {
    const [row] = readInChunks(new JsonlReader(), encode(text), [50]) as BadRow[];
    expect(row!.problem).toMatch(problem);
    expect(row!.fix).toMatch(fix);
  });

  it('says so of a long line of spaces, in time that grows with its length', () => {
    const [row] = readInChunks(new JsonlReader(), encode(`{"a":${' '.repeat(500_000)}x`), [65_536]) as BadRow[];
    expect(row!.problem).toMatch(/not valid JSON/);
  });
});

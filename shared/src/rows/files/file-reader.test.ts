import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RATINGS } from '../columns/columns.ts';
import { type BadRow, type GoodRow, isBad, type RawRow } from '../row-reader.ts';
import { FileReader, type FileReaderState } from './file-reader.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const bytesOf = (...parts: (number[] | string)[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...encode(part)] : part)));

const newReader = (from?: FileReaderState) => new FileReader({ layout: RATINGS, named: null, format: null }, from);

function readAll(bytes: Uint8Array, size = 1000, reader = newReader()): RawRow[] {
  const rows: RawRow[] = [];
  for (let at = 0; at < bytes.length; at += size) rows.push(...reader.push(bytes.slice(at, at + size)));
  return [...rows, ...reader.end()];
}

const titlesOf = (rows: RawRow[]) => rows.map((row) => ((row as GoodRow).value as { title: string }).title);
const onlyFault = (bytes: Uint8Array, size?: number) => {
  const bad = readAll(bytes, size).filter(isBad);
  expect(bad).toHaveLength(1);
  return bad[0] as BadRow;
};

const HEADER = 'user,item,title,rating,time\n';
const table = (...titles: string[]) =>
  HEADER + titles.map((title, at) => `${at},${at},"${title}",3,${978300000 + at}\n`).join('');

function utf16(text: string, { bigEndian = false, mark = true } = {}): Uint8Array {
  const units = [...(mark ? '\ufeff' : ''), ...text].flatMap((char) => char.split(''));
  return Uint8Array.from(
    units.flatMap((unit) => {
      const pair = [unit.charCodeAt(0) & 0xff, unit.charCodeAt(0) >> 8];
      return bigEndian ? pair.reverse() : pair;
    }),
  );
}

/** Encodes by trying what decodes to each character. */
function encodedAs(label: string, text: string): Uint8Array {
  const decoder = new TextDecoder(label);
  const known = new Map<string, number[]>();
  for (let byte = 0x20; byte < 0x100; byte++) known.set(decoder.decode(Uint8Array.of(byte)), [byte]);
  for (let lead = 0x81; lead < 0xff; lead++) {
    for (let trail = 0x40; trail < 0xff; trail++) {
      const character = decoder.decode(Uint8Array.of(lead, trail));
      if (!known.has(character)) known.set(character, [lead, trail]);
    }
  }
  return bytesOf(...[...text].map((character) => (character === '\n' ? '\n' : known.get(character)!)));
}

describe('text', () => {
  const titles = ['Amélie (2001)', 'もののけ姫', '😀 film', 'Plain'];
  const expected = titlesOf(readAll(encode(table(...titles))));

  it.each([
    ['UTF-8', encode(table(...titles))],
    ['UTF-8 with a byte order mark', bytesOf([0xef, 0xbb, 0xbf], table(...titles))],
    ['UTF-16 little-endian', utf16(table(...titles))],
    ['UTF-16 big-endian', utf16(table(...titles), { bigEndian: true })],
  ])('in %s is the same', (_, bytes) => {
    expect(expected).toEqual(titles);
    for (const size of [1, 2, 3, 17, 5000]) expect(titlesOf(readAll(bytes, size))).toEqual(titles);
  });

  it('can be gone on with behind any row, whatever its encoding and form', () => {
    const rows = fc.array(fc.string({ unit: 'grapheme', maxLength: 6 }), { minLength: 12, maxLength: 20 });
    const forms = fc.constantFrom('csv', 'jsonl', 'json', 'wrapped');
    const encodings = fc.constantFrom('utf-8', 'le', 'be');
    fc.assert(
      fc.property(
        rows,
        forms,
        encodings,
        fc.nat(),
        fc.integer({ min: 1, max: 60 }),
        (names, form, encoding, cut, size) => {
          const values = names.map((name, at) => ({
            user: 'u',
            item: `${at}`,
            title: `t${name}`,
            rating: '1',
            time: '2',
          }));
          const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
          const text =
            form === 'csv'
              ? HEADER + values.map((row) => `${Object.values(row).map(quoted).join(',')}\n`).join('')
              : form === 'jsonl'
                ? values.map((row) => `${JSON.stringify(row)}\n`).join('')
                : JSON.stringify(form === 'json' ? values : { data: values }, null, 1);
          const bytes =
            encoding === 'utf-8' ? encode(text) : utf16(text.toWellFormed(), { bigEndian: encoding === 'be' });
          const whole = readAll(bytes, bytes.length);
          const reader = newReader();
          const first: RawRow[] = [];
          for (let at = 0; at < cut % bytes.length; at += size) {
            first.push(...reader.push(bytes.slice(at, Math.min(at + size, cut % bytes.length))));
          }
          const state = reader.state && JSON.parse(JSON.stringify(reader.state));
          const again = newReader(first.length > 0 ? state : undefined);
          const rest = readAll(bytes.slice(first.length > 0 ? reader.position.offset : 0), size, again);
          expect([...first, ...rest]).toEqual(whole);
          expect(whole).toHaveLength(values.length);
        },
      ),
    );
  });

  const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const french = ['Amélie (2001)', 'Léon', 'Misérables, Les', 'À bout de souffle', 'Le goût des autres'];

  it.each([
    ['ISO-8859-1', latin1(table(...french)), 2],
    ['Shift_JIS', encodedAs('shift_jis', table('Plain', '千と千尋の神隠し', 'もののけ姫', 'となりのトトロ')), 3],
    ['EUC-KR', encodedAs('euc-kr', table('기생충', '올드보이', '살인의 추억', '버닝', '부산행', '아가씨', '마더')), 2],
    ['GB18030', encodedAs('gbk', table('霸王别姬', '大话西游之大圣娶亲', '让子弹飞')), 2],
    [
      'windows-1251',
      encodedAs('windows-1251', table('Ирония судьбы', 'Бриллиантовая рука', 'Москва слезам не верит')),
      2,
    ],
  ])('that looks like %s is refused with the command that converts it', (name, bytes, line) => {
    for (const size of [3, 5000]) {
      const { line: found, problem, fix } = onlyFault(bytes, size);
      expect(found).toBe(line);
      expect(problem).toMatch(/^This is not UTF-8: it looks like /);
      expect(fix).toMatch(/Convert it: iconv -f \S+ -t UTF-8 in > out$/);
      if (size > 3) expect(fix).toContain(` ${name} `);
    }
  });

  const polish = table('Kieślowski: Trzy kolory', 'Černý Petr', 'Pociąg', 'Žert', 'Świat', 'Ostře sledované vlaky');
  const replaced = (text: string, bytes: Record<string, number>) =>
    Uint8Array.from(text, (character) => bytes[character] ?? character.charCodeAt(0));

  it.each([
    ['ISO-8859-2', encodedAs('iso-8859-2', polish), '"Kieślowski: Trzy kolory"'],
    ['GB18030', encodedAs('gbk', table('霸王别姬 (1995)')), '"霸王别姬 (1995)"'],
    ['MACINTOSH', replaced(table('Amélie', 'Misérables, Les'), { é: 0x8e }), '"Amélie"'],
    ['CP850', replaced(table('Amélie', 'Misérables, Les'), { é: 0x82 }), '"Amélie"'],
  ])(
    'that is %s by a few letters is named with a title as it would read, beside others that may be meant',
    (name, bytes, title) => {
      const { problem, fix } = onlyFault(bytes);
      expect(fix).toContain(`iconv -f ${name} `);
      if (problem.includes(' or ')) expect(problem).toContain(`${name} (${title})`);
    },
  );

  it('shows how a title would read in each encoding that may be meant', () => {
    const { problem, fix } = onlyFault(encodedAs('gbk', table('霸王别姬')));
    expect(problem).toMatch(/it looks like GB18030 \("霸王别姬"\) or \S+ \("\S{2,}"\)/);
    expect(fix).toMatch(/^Take the one that reads right\. Convert it: iconv -f GB18030 /);
  });

  it.each([
    ['UTF-16LE', utf16(table('A'), { mark: false })],
    ['UTF-16BE', utf16(table('A'), { mark: false, bigEndian: true })],
    ['UTF-32', bytesOf([0xff, 0xfe, 0, 0, 0x75, 0, 0, 0])],
  ])('in %s is named', (name, bytes) => {
    expect(onlyFault(bytes).fix).toBe(`Convert it: iconv -f ${name} -t UTF-8 in > out`);
  });

  it('in several encodings is named, as is half a character at the end', () => {
    const mixed = bytesOf(table('Amélie', 'A'), '9,9,Caf', [0xe9], ',3,4\n');
    expect(onlyFault(mixed)).toMatchObject({ line: 4, problem: expect.stringContaining('several encodings') });
    expect(onlyFault(bytesOf(HEADER, '1,2,Caf', [0xc3]))).toMatchObject({
      problem: expect.stringContaining('middle of a character'),
    });
    const half = utf16(table('A')).slice(0, -1);
    expect(onlyFault(half).problem).toContain('middle of a character');
    const lone = utf16(`${HEADER}1,2,\ud800,3,4\n`);
    expect(onlyFault(lone).problem).toContain('broken UTF-16');
  });
});

describe('files that hold no rows', () => {
  it.each([
    ['Excel workbook', [0x50, 0x4b, 3, 4, 0x14, 0]],
    ['gzip', [0x1f, 0x8b, 8, 0, 0]],
    ['PDF', '%PDF-1.7\n'],
    ['SQLite', 'SQLite format 3\0'],
    ['Parquet', 'PAR1\u0015\u0004'],
    ['NUL bytes', ['ab', [0, 0, 0, 0x80]].flat() as number[]],
    ['Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'],
    ['web page', '<!DOCTYPE html>\n<html><body>Not Found</body></html>\n'],
    ['is empty', ''],
    ['is empty', '\n \r\n'],
  ])('are named: %s', (name, content) => {
    const bytes =
      typeof content === 'string'
        ? encode(content)
        : bytesOf(...content.map((part) => (typeof part === 'string' ? part : [part])));
    for (const size of [1, 5000]) {
      const { problem, fix } = onlyFault(bytes, size);
      expect(problem).toContain(name);
      expect(fix.length).toBeGreaterThan(10);
    }
  });

  it('nor what stands between fields', () => {
    expect(onlyOf('a few words\nand more of them\n').problem).toMatch(
      /no column for user.*Nothing was found that stands between fields/,
    );
  });
});

const onlyOf = (text: string) => readAll(encode(text)).filter(isBad)[0]!;

describe('how a file is written', () => {
  const row = { user: '1', item: '2', title: 'A', rating: 3, time: 4 };
  const json = JSON.stringify(row);
  it.each([
    ['csv', `${HEADER}1,2,A,3,4\n`],
    ['json', JSON.stringify([row, row])],
    ['json', ` \n[${json}]`],
    ['json', JSON.stringify({ data: [row] })],
    ['json', JSON.stringify({ count: 1, note: { a: [1] }, reviews: [row] }, null, 2)],
    ['jsonl', `${json}\n${json}\n`],
    ['jsonl', json],
    ['jsonl', `\n\n${json}`],
    ['jsonl', `{"data": []}\n{"data": []}\n`],
    ['jsonl', '{"history": [{"title": "A", "liked": true}], "target": {"title": "B"}}'],
    ['json', JSON.stringify({ links: [{ self: 'x' }], meta: { data: [{}] }, data: [row] })],
    ['jsonl', `{"user": 1, "tags": [{"a": NaN}]}\n${json}\n`],
    ['jsonl', JSON.stringify({ ...row, images: [{ url: 'x' }] })],
    ['jsonl', JSON.stringify({ ...row, meta: { images: [{ url: 'x' }] } })],
    ['jsonl', '{"user": 1, "tags": [{"a": 1}], "title'],
  ])('is told by its content: %s %j', (form, text) => {
    for (const size of [1, 5000]) {
      const reader = newReader();
      readAll(encode(text), size, reader);
      expect(reader.form).toBe(form);
    }
  });

  const table = { user: ['1', '2'], title: ['A, [B]', 'C'] };
  const byIndex = (column: string[]) => Object.fromEntries(column.entries());
  it.each([
    ['orient="columns"', Object.fromEntries(Object.entries(table).map(([name, column]) => [name, byIndex(column)]))],
    ['orient="index"', { 0: row, 1: row }],
    ['orient="split"', { columns: ['user', 'title'], index: [0], data: [['1', 'A']] }],
    ['orient="split"', { index: [0], columns: ['user', 'title'], data: [['1', 'A']] }],
    ['orient="values"', [['1', 'A']]],
    ['of columns, a list each', table],
    ['under "train"', { train: [row, row], test: [row] }],
    ['under "movies"', { version: 2, name: 'x', movies: [row] }],
    ['under "result.data"', { status: 'ok', result: { count: 1, data: [row, row] } }],
  ])('is named where it holds no rows that are read: %s', (words, layout) => {
    for (const [space, size] of [
      [undefined, 5000],
      [1, 5000],
      [undefined, 1],
    ] as const) {
      const [fault, ...more] = readAll(encode(JSON.stringify(layout, null, space)), size);
      expect(more).toEqual([]);
      expect(fault).toMatchObject({
        problem: expect.stringContaining(words),
        fix: expect.stringMatching(/rows|array/i),
      });
    }
  });

  it('is named where its first column is longer than what tells', () => {
    const layout = { user: Array.from({ length: 30_000 }, (_, at) => at), title: ['A'] };
    expect(readAll(encode(JSON.stringify(layout)), 5000)).toMatchObject([
      { problem: expect.stringContaining('of columns, a list each') },
    ]);
  });

  it.each(['json', 'jsonl', 'parquet'] as const)(
    'is a table where its first line names columns, though it was said to be %s',
    (format) => {
      const reader = new FileReader({ layout: RATINGS, named: null, format });
      expect(readAll(encode(`${HEADER}1,2,A,3,4\n`), 7, reader)).toMatchObject([{ value: { title: 'A' } }]);
    },
  );

  it('goes by what it is said to be where its content does not tell', () => {
    const reader = new FileReader({ layout: RATINGS, named: null, format: 'jsonl' });
    expect(readAll(encode('x\n{"a":1}\n'), 9, reader)).toMatchObject([
      { line: 1, problem: expect.stringContaining('not valid JSON') },
      { line: 2, value: { a: 1 } },
    ]);
  });
});

import { parquetRatings } from '@tallrec/shared/rows/files/fixtures/parquet-ratings';
import { toInstructionRow } from '@tallrec/shared/sample';
import { describe, expect, it } from 'vitest';
import { beginningOf, columnsOf, lookAt, readBeginning } from './beginning.ts';
import { initialValues } from './dataset-form.ts';

const beginning = (text: string, whole = true) => ({ bytes: new TextEncoder().encode(text), whole });
const look = (text: string) => lookAt(beginning(text));

const CSV = 'user,item,title,rating,time\n1,2,A,3,4\n';
const SAMPLE = { noun: 'movie', history: [{ title: 'A', liked: true }], target: { title: 'B' }, liked: true };
const lines = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

describe('the beginning of a file', () => {
  it.each([
    ['ratings as CSV', CSV, 'interactions', 'csv'],
    ['ratings with tabs', 'userId\tmovieId\ttitle\trating\tts\n1\t2\tA\t3\t4\n', 'interactions', 'csv'],
    ['a table of which no name is known', 'a,b,c\n1,2,3\n', 'interactions', 'csv'],
    ['ratings as JSON Lines', lines({ user: 1, item: 2, title: 'A', rating: 3, time: 4 }), 'interactions', 'jsonl'],
    ['a catalogue', 'id,title,author\n1,A,B\n', 'items', 'csv'],
    ['a catalogue as JSON', JSON.stringify([{ id: 1, title: 'A' }]), 'items', 'json'],
    ['facts about items', 'id,title,likes,ratings\n1,A,3,4\n', 'item-facts', 'csv'],
    ['facts about items as JSON', JSON.stringify([{ title: 'A', mean: 0.5, count: 4 }]), 'item-facts', 'json'],
    ['our samples', lines(SAMPLE), 'samples', 'jsonl'],
    ['published samples', JSON.stringify([toInstructionRow(SAMPLE)], null, 2), 'samples', 'json'],
    ['instructions', `\ufeff${lines({ instruction: 'Name a colour.', output: 'Blue.' })}`, 'instructions', 'jsonl'],
  ])('is recognised as %s', (_, text, kind, format) => {
    expect(look(text)).toMatchObject({ kind, format });
  });

  it('is shown as it stands, whether or not its columns are known', () => {
    expect(look('a;b\n1;"x\ny"\n2;z\n')).toMatchObject({
      header: ['a', 'b'],
      rows: [
        { line: 2, cells: ['1', 'x\ny'] },
        { line: 4, cells: ['2', 'z'] },
      ],
    });
    expect(look(lines({ a: 1, b: null }, { a: 'x', c: [1] }))).toMatchObject({
      header: ['a', 'b', 'c'],
      rows: [{ cells: ['1', '', ''] }, { cells: ['x', '', '[1]'] }],
    });
  });

  it('is read as far as it goes: a row that it cuts in two is neither good nor bad', () => {
    const text = `user,item,title,rating,time\n${'1,2,A,3,4\n'.repeat(9)}1,2,"B`;
    const meaning = { kind: 'interactions', format: 'csv' } as const;
    expect(readBeginning(beginning(text, false), meaning)).toMatchObject({
      rows: new Array(9).fill({}),
      errorCount: 0,
    });
    expect(readBeginning(beginning(text), meaning).errors).toMatchObject([{ line: 11 }]);
  });

  it('of facts about items needs a name of the item and a count, whichever', () => {
    const { columns, optional, missing } = columnsOf(['film', 'likes', 'ratings'], 'item-facts', {})!;
    expect([columns.length, optional.includes('title'), missing]).toEqual([6, true, ['title']]);
    expect(columnsOf(['film', 'likes', 'ratings'], 'item-facts', { title: 'film' })).toMatchObject({ missing: [] });
    expect(columnsOf(['id', 'count'], 'item-facts', {})).toMatchObject({ missing: ['likes'] });
  });

  it('is read by the columns that people name', () => {
    const text = 'who,item,title,rating,time,grade\n1,2,A,x,4,5\n';
    const named = { user: 'who', rating: 'grade' };
    const { rows, errorCount } = readBeginning(beginning(text), { kind: 'interactions', format: 'csv', named });
    expect([rows, errorCount]).toMatchObject([[{ row: { user: '1', rating: 5 } }], 0]);
    expect(columnsOf(look(text).header, 'interactions', {})).toMatchObject({ missing: ['user'] });
  });

  it('takes titles for ids where people say so', () => {
    const text = 'user,film,rating,time\n1,Heat,3,4\n';
    const named = { item: 'film', title: 'film' };
    const { rows } = readBeginning(beginning(text), { kind: 'interactions', format: 'csv', named });
    expect(rows).toMatchObject([{ row: { item: 'Heat', title: 'Heat' } }]);
    expect(columnsOf(look(text).header, 'interactions', named)?.missing).toEqual([]);
  });

  it('is no more than is needed of a large file', async () => {
    const { bytes, whole } = await beginningOf(new Blob([CSV.repeat(50_000)]));
    expect([bytes.length < 1_048_577, whole]).toEqual([true, false]);
    expect((await beginningOf(new Blob(['x']))).whole).toBe(true);
  });

  it('is more of a file with long rows, so that one of them is in it', async () => {
    const row = lines({ instruction: 'x'.repeat(900_000), output: 'y' });
    expect(lookAt(await beginningOf(new Blob([row, row, row]))).rows).toHaveLength(1);
  });

  it.each([
    ['workbook', [0x50, 0x4b, 3, 4], /Excel/],
    ['gzip', [0x1f, 0x8b, 8, 0], /gzip/],
    ['Latin-1', [...CSV, ...'1,2,Caf'].map((char) => char.charCodeAt(0)).concat(0xe9, 0x0a), /iconv -f/],
  ])('that holds no rows says why: %s', (_, bytes, words) => {
    const { fault, rows } = lookAt({ bytes: Uint8Array.from(bytes), whole: true });
    expect(rows).toEqual([]);
    expect(`${fault?.problem} ${fault?.fix}`).toMatch(words);
    expect(look(CSV).fault).toBeNull();
  });

  it('of a Parquet file is its first rows', async () => {
    const beginning = await beginningOf(new Blob([parquetRatings('zstd')]));
    expect(lookAt(beginning)).toMatchObject({ format: 'parquet', kind: 'interactions', fault: null });
    expect(lookAt(beginning).rows[2]).toMatchObject({
      line: 3,
      cells: ['2', 'B2', 'もののけ姫', '3', expect.any(String), ''],
    });
    const { rows, oddities } = readBeginning(beginning, { kind: 'interactions', format: 'parquet' });
    expect([rows.length, oddities]).toEqual([25, ['These fields are not used: tags.']]);
    const other = await beginningOf(new Blob([parquetRatings('brotli')]));
    expect(lookAt(other).fault).toMatchObject({ problem: expect.stringContaining('BROTLI') });
  });

  it('without a header is told by its order', () => {
    const text = '1::5::Heat::4::978300760\n2::5::Heat::2::978300761\n';
    expect(look(text)).toMatchObject({ header: ['1', '2', '3', '4', '5'], byOrder: { user: '1', time: '5' } });
    expect(initialValues('ratings.dat', look(text), beginning(text)).columns).toMatchObject({
      title: '3',
      rating: '4',
    });
  });

  it('in UTF-16 is as it is in UTF-8', () => {
    const bytes = new Uint8Array(new Uint16Array([...`\ufeff${CSV}`].map((char) => char.charCodeAt(0))).buffer);
    expect(lookAt({ bytes, whole: true })).toEqual(look(CSV));
  });

  it.each([
    ['good rows', '1,2,A,3,4\n', true, 'taken', 'taken'],
    ['a bad row', '1,2,A,3,4\n1,2,A,x,4\n'.repeat(9), false, 'refused', 'taken'],
    ['more bad rows than good ones', '1,2,A,3,4\n1,2,A,x,4\n1,2,A,x,4\n', true, 'refused', 'refused'],
    ['more bad rows so far', '1,2,A,3,4\n1,2,A,x,4\n1,2,A,x,4\n'.repeat(9), false, 'refused', 'unsure'],
    [
      'dates that the rest may make clear',
      `${'1,2,A,3,4\n'.repeat(12)}1,2,A,3,03/04/2024\n1,2,A,3,4\n`,
      false,
      'unsure',
      'taken',
    ],
    ['dates that nothing makes clear', '1,2,A,3,4\n1,2,A,3,03/04/2024\n', true, 'refused', 'taken'],
    ['a quote that is never closed', '1,2,A,3,4\n1,2,"A,3,4\n', true, 'refused', 'refused'],
  ])('tells what will become of a file with %s', (_, rows, whole, refuse, leaveOut) => {
    const text = `user,item,title,rating,time\n${rows}`;
    const { outlook } = readBeginning(beginning(text, whole), { kind: 'interactions', format: 'csv' });
    expect(outlook).toEqual({ refuse, 'leave-out': leaveOut });
  });

  it('is judged by its columns, also where it is not the whole', () => {
    const rows = Array.from({ length: 40 }, (_, at) => `u${at % 7},i${at % 5},Nice ${at},3,${at}\n`).join('');
    const text = `user,item,title,rating,time\n${rows}`;
    const { errors } = readBeginning(beginning(text, false), { kind: 'interactions', format: 'csv' });
    expect(errors).toMatchObject([{ column: 'title', problem: expect.stringContaining('does not hold the titles') }]);
    const review = { asin: 'B1', user_id: 'A', timestamp: 1588615855070, rating: 4, title: 'Good', text: 'Long text' };
    const reviews = look(lines(review, { ...review, asin: 'B2', rating: 1 }));
    expect(initialValues('reviews.jsonl', reviews, beginning(lines(review))).columns).toEqual({});
    expect(columnsOf(reviews.header, 'interactions', {})).toMatchObject({
      missing: ['title'],
      doubts: [{ column: 'title' }],
    });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samplingSchema } from '../interactions.ts';
import { readFirstRows } from './first-rows.ts';
import { type FileForm, RowPass } from './row-pass.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const sampling = samplingSchema.parse({});
const form = (more: Partial<FileForm> = {}): FileForm => ({
  kind: 'interactions',
  format: 'csv',
  sampling,
  columns: null,
  ...more,
});
const all = { whole: true, limit: 10 };

const table = 'reader;book;title;grade;time;shelf\n1;2;A;4;100;x\n1;3;B;five;101;y\n';
const columns = { user: 'reader', item: 'book', rating: 'grade' };

describe('the beginning of a file', () => {
  it('of which all is whole says what the edge will say of it', () => {
    const found = readFirstRows(form({ columns }), encode(table), all);
    expect(found).toMatchObject({
      names: ['reader', 'book', 'title', 'grade', 'time', 'shelf'],
      columns: { names: { ...columns, title: 'title', time: 'time' }, missing: [], absent: [], unused: ['shelf'] },
      rows: [{ line: 2, checked: { row: { user: '1', item: '2', title: 'A', rating: 4, time: 100 } } }],
      errorCount: 1,
      rowErrors: [{ line: 3, column: 'rating', problem: '"five" is not a number.' }],
    });
    expect(found.warnings[0]).toBe('These columns are not used: shelf.');
    expect(found.warnings.length).toBeGreaterThan(1);
  });

  it('that is cut off finds nothing wrong with the cut, nor with what may still come', () => {
    const cut = encode(table).slice(0, -8);
    const found = readFirstRows(form({ columns }), cut, { ...all, whole: false });
    expect(found).toMatchObject({ errorCount: 0, warnings: ['These columns are not used: shelf.'] });
    expect(found.rows).toHaveLength(1);
    expect(
      readFirstRows(form({ format: 'json' }), encode('[{"user":1}, {"us'), { ...all, whole: false }),
    ).toMatchObject({
      names: ['user'],
      columns: { names: { user: 'user' }, missing: ['item', 'title', 'rating', 'time'] },
    });
  });

  it('shows no more rows than asked for, and checks all', () => {
    const rows = Array.from({ length: 20 }, (_, at) => `{"instruction":"${at}","output":${at < 15 ? '"x"' : 'null'}}`);
    const text = encode(rows.join('\n'));
    const found = readFirstRows(form({ kind: 'instructions', format: 'jsonl' }), text, { whole: true, limit: 3 });
    expect(found).toMatchObject({ columns: null, errorCount: 5 });
    expect(found.rows.map(({ line }) => line)).toEqual([1, 2, 3]);
  });
});

describe('columns that were named after nothing in the file', () => {
  it('of a table are told at its header', () => {
    const { rowErrors, rows } = readFirstRows(form({ columns: { ...columns, by: 'author' } }), encode(table), all);
    expect(rows).toEqual([]);
    expect(rowErrors).toEqual([
      {
        line: 1,
        column: 'by',
        problem: 'The header has no column "author", which was named for by.',
        fix: 'It has "reader", "book", "title", "grade", "time", "shelf". Name one of these for by, or none to have it guessed.',
      },
    ]);
  });

  it('of JSON rows are told at the end, also where a later slice brought them', () => {
    const row = (more: object) => `${JSON.stringify({ user: 1, item: 2, title: 'A', rating: 3, time: 4, ...more })}\n`;
    const named = form({ format: 'jsonl', columns: { by: 'writer', rating: 'grade' } });
    const pass = new RowPass(named);
    pass.push(encode(row({ grade: 5 }) + row({ grade: 4 })));
    const state = JSON.parse(JSON.stringify({ ...pass.state, tally: null }));
    const rest = new RowPass(named, { ...state, tally: pass.state.tally });
    const [last] = rest.push(encode(row({ grade: 1 })));
    expect(last!.checked).toMatchObject({ row: { rating: 1 } });
    rest.end();
    expect(rest.rowErrors).toMatchObject([
      { line: 1, column: 'by', problem: 'No row has the key "writer", which was named for by.' },
    ]);
    const without = readFirstRows(named, encode(row({ writer: 'x' })), all);
    expect(without.rowErrors).toMatchObject([
      { line: 1, column: 'rating', problem: 'No row has the key "grade", which was named for rating.' },
      { line: 1, column: 'rating', problem: 'rating is missing.' },
    ]);
  });
});

describe('a pass in pieces', () => {
  it('finds what one pass finds', () => {
    const field = fc.constantFrom('1', '2', '3.5', 'x', '');
    const row = fc.tuple(field, field, field, field, field);
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), fc.nat(), (rows, cut) => {
        const bytes = encode(`user,item,title,rating,time\n${rows.map((one) => one.join(',')).join('\n')}\n`);
        const whole = new RowPass(form());
        const expected = [...whole.push(bytes), ...whole.end()];
        const first = new RowPass(form());
        const begun = first.push(bytes.slice(0, cut % bytes.length));
        const rest = new RowPass(form(), first.state);
        const again = [...rest.push(bytes.slice(first.position.offset)), ...rest.end()];
        expect([...begun, ...again]).toEqual(expected);
        expect([rest.errorCount, rest.rowErrors]).toEqual([whole.errorCount, whole.rowErrors]);
        expect([rest.stats(), rest.warnings()]).toEqual([whole.stats(), whole.warnings()]);
      }),
    );
  });
});

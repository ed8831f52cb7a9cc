import { describe, expect, it } from 'vitest';
import { toInstructionRow } from '../../sample.ts';
import type { DatasetKind } from '../../wire/datasets.ts';
import { isTableKind, LAYOUTS } from '../columns/columns.ts';
import { Notation } from './notation.ts';
import { columnReader, rowCheck, tableCheck } from './row-check.ts';

const checkOf = (kind: DatasetKind) => {
  const check = isTableKind(kind)
    ? tableCheck(kind, { columnsOf: columnReader(LAYOUTS[kind], null, () => ({})), notation: new Notation() })
    : rowCheck(kind);
  return (value: unknown) => check({ line: 1, value });
};

describe('rows', () => {
  it('take JSON ratings under the names of well-known files, with ids as numbers', () => {
    const check = checkOf('interactions');
    const expected = { user: '7', item: '12', title: 'A', rating: 4, time: 100, by: 'B' };
    expect(check({ user_id: 7, movieId: 12, title: ' A ', rating: '4', timestamp: 100, Author: 'B' })).toEqual({
      kind: 'interactions',
      row: expected,
    });
    expect(check(['x'])).toMatchObject({
      faults: [{ column: null, problem: expect.stringContaining('not a JSON object') }],
    });
    const faults = check({ user: '1', item: '2', title: ' ', rating: null });
    expect(faults).toMatchObject({
      faults: [{ column: 'title' }, { column: 'rating', problem: 'rating is missing.' }, { column: 'time' }],
    });
  });

  it.each([
    ['Y', /Write 1 for a like and 0 .*--liked-above 0 .*likedAbove: 0 of sampling/],
    ['FALSE', /Write 1/],
    [true, /Write 1/],
    ['5/5', /here 5\.$/],
    ['2.0 out of 5 stars', /here 2\.0\.$/],
    ['3,5 stars', /here 3\.5\.$/],
    ['★★★☆☆', /here 3\.$/],
    ['40%', /here 40, .*--liked-above 60/],
    ['good', /such as 4 or 3\.5/],
  ])('say how to make a number of the rating %s', (rating, fix) => {
    const row = { user: 1, item: 2, title: 'A', rating, time: 4 };
    expect(checkOf('interactions')(row)).toMatchObject({
      faults: [{ column: 'rating', problem: expect.stringContaining('not a number'), fix: expect.stringMatching(fix) }],
    });
  });

  it('say it of a long text, too, in time that grows with its length', () => {
    const rating = `5${' '.repeat(500_000)}x`;
    expect(checkOf('interactions')({ user: 1, item: 2, title: 'A', rating, time: 4 })).toMatchObject({
      faults: [{ column: 'rating', fix: expect.stringMatching(/such as 4 or 3\.5/) }],
    });
  });

  it('say what to write in place of nested values', () => {
    const row = { user: { id: 1 }, item: 2, title: 'A', rating: { of: {} }, time: 4, by: ['B', 'C'] };
    expect(checkOf('interactions')(row)).toMatchObject({
      faults: [
        { column: 'user', problem: '"{"id":1}" is an object.', fix: expect.stringContaining('itself, such as "1"') },
        { column: 'rating', fix: expect.stringMatching(/^Write the value itself, as one field/) },
        { column: 'by', problem: '"["B","C"]" is a list.', fix: expect.stringContaining('"A, B"') },
      ],
    });
    expect(checkOf('items')({ title: { en: 'A' } })).toMatchObject({
      faults: [{ column: 'title', problem: '"{"en":"A"}" is an object.' }],
    });
  });

  it('take samples in the published form and in our own alike', () => {
    const check = checkOf('samples');
    const row = {
      noun: 'book',
      history: [{ title: 'A, B', by: 'C', liked: true }],
      target: { title: 'D', by: 'E' },
      liked: false,
    };
    expect(check(row)).toEqual({ kind: 'samples', row });
    expect(check(toInstructionRow(row))).toEqual({ kind: 'samples', row });
    const { liked: _, ...unlabelled } = row;
    expect(check(unlabelled)).toEqual({ kind: 'samples', row: unlabelled });
    expect(check({ ...toInstructionRow(row), output: '' })).toEqual({ kind: 'samples', row: unlabelled });
    expect(check({ ...toInstructionRow(row), output: 'perhaps' })).toMatchObject({ faults: [{ column: 'output' }] });
    expect(check({ ...row, liked: 'yes' })).toMatchObject({ faults: [{ column: 'liked' }] });
    expect(check({ instruction: 'x', input: 'what?', output: 'Yes.' })).toMatchObject({
      faults: [{ column: 'input' }],
    });
  });
});

describe('rows of instructions', () => {
  it('may have an input of null, as tables export it', () => {
    const row = { instruction: 'Name a colour.', input: '', output: 'Blue.' };
    expect(checkOf('instructions')({ ...row, input: null })).toEqual({ kind: 'instructions', row });
    expect(checkOf('instructions')({ ...row, output: null })).toMatchObject({ faults: [{ column: 'output' }] });
  });

  it.each(['conversations', 'messages'])('that hold %s are named as such', (name) => {
    const row = { [name]: [{ from: 'human', value: 'x' }] };
    for (const kind of ['instructions', 'samples'] as const) {
      expect(checkOf(kind)(row)).toMatchObject({
        faults: [{ column: name, problem: expect.stringMatching(/ShareGPT|OpenAI/) }],
      });
    }
  });
});

describe('published rows', () => {
  const input = (end: string) =>
    `User Preference: ${end}User Unpreference: "Heat (1995)"${end}Whether the user will like the target movie "Babe (1995)"?`;
  const row = { noun: 'movie', history: [{ title: 'Heat (1995)', liked: false }], target: { title: 'Babe (1995)' } };

  it.each(['\n', '\r\n', '\r', ' \r\n'])('may part their lines by %j', (end) => {
    expect(checkOf('samples')({ instruction: 'x', input: input(end), output: ' yes' })).toEqual({
      kind: 'samples',
      row: { ...row, liked: true },
    });
  });

  it.each([undefined, null, '', ' '])('without an answer (%j) can be scored', (output) => {
    expect(checkOf('samples')({ instruction: 'x', input: input('\n'), output })).toEqual({ kind: 'samples', row });
  });
});

describe('items', () => {
  it('are a title, an id and a creator under the usual names, and nothing else', () => {
    const check = checkOf('items');
    expect(check({ movieId: 7, movie_title: ' Heat (1995) ', Director: 'Mann', genres: 'Crime' })).toEqual({
      kind: 'items',
      row: { id: '7', title: 'Heat (1995)', by: 'Mann' },
    });
    expect(check({ title: 'Heat' })).toEqual({ kind: 'items', row: { title: 'Heat' } });
    expect(check({ id: 1 })).toMatchObject({ faults: [{ column: 'title', problem: 'title is missing.' }] });
    expect(check({ id: 'x'.repeat(201), title: 'a' })).toMatchObject({ faults: [{ column: 'id' }] });
    expect(check('Heat')).toMatchObject({ faults: [{ column: null, fix: expect.stringContaining('"title"') }] });
  });
});

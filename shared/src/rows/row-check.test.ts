import { describe, expect, it } from 'vitest';
import { toInstructionRow } from '../sample.ts';
import { rowCheck } from './row-check.ts';

describe('rows', () => {
  it('take JSON ratings under the names of well-known files, with ids as numbers', () => {
    const check = rowCheck('interactions', false);
    const expected = { user: '7', item: '12', title: 'A', rating: 4, time: 100, by: 'B' };
    expect(check({ user_id: 7, movieId: 12, title: ' A ', rating: '4', timestamp: 100, Author: 'B' })).toEqual({
      kind: 'interactions',
      row: expected,
    });
    expect(check(['x'])).toMatchObject({
      faults: [{ column: null, problem: expect.stringContaining('not a JSON object') }],
    });
    const faults = check({ user: '1', item: '2', title: 'x'.repeat(501), rating: null });
    expect(faults).toMatchObject({
      faults: [{ column: 'title' }, { column: 'rating', problem: 'rating is missing.' }, { column: 'time' }],
    });
  });

  it('take samples in the published form and in our own alike', () => {
    const check = rowCheck('samples', false);
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

describe('items', () => {
  it('are a title, an id and a creator under the usual names, and nothing else', () => {
    const check = rowCheck('items', false);
    expect(check({ movieId: 7, movie_title: ' Heat (1995) ', Director: 'Mann', genres: 'Crime' })).toEqual({
      kind: 'items',
      row: { id: '7', title: 'Heat (1995)', by: 'Mann' },
    });
    expect(check({ title: 'Heat' })).toEqual({ kind: 'items', row: { title: 'Heat' } });
    expect(check({ id: 1 })).toMatchObject({ faults: [{ column: 'title', problem: 'title is missing.' }] });
    expect(check({ id: 'x'.repeat(201), title: 'a' })).toMatchObject({ faults: [{ column: 'item' }] });
    expect(check('Heat')).toMatchObject({ faults: [{ column: null, fix: expect.stringContaining('"title"') }] });
  });
});

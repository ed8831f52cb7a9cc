import { toInstructionRow } from '@tallrec/shared/sample';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNumber, parseTime } from './check-interaction.ts';
import { rowCheck } from './check-row.ts';
import { DistinctCounter } from './distinct.ts';

describe('times', () => {
  it('are the same from seconds, milliseconds, microseconds and ISO dates', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1e9, max: 4e9 }), (seconds) => {
        const iso = new Date(seconds * 1000).toISOString();
        for (const value of [
          seconds,
          String(seconds),
          seconds * 1e3,
          seconds * 1e6,
          iso,
          iso.slice(0, 19).replace('T', ' '),
        ]) {
          expect(parseTime(value)).toBe(seconds);
        }
      }),
    );
    expect(parseTime('2015-03-01')).toBe(1425168000);
    expect(parseTime('2015-03-01T01:00:00+01:00')).toBe(1425168000);
  });

  it.each(['', 'yesterday', '03/01/2015', '2015-13-45', null, true, Number.NaN, 'Infinity'])('are not %j', (value) => {
    expect(parseTime(value)).toBeUndefined();
  });

  it.each(['', ' ', '4,5', '0x10', 'NaN', null, [], '1e999999'])('a number is not %j', (value) => {
    const number = parseNumber(value);
    expect(number === undefined || number === Number.POSITIVE_INFINITY).toBe(true);
  });
});

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
    expect(check({ ...row, liked: undefined })).toMatchObject({ faults: [{ column: 'liked' }] });
    expect(check({ instruction: 'x', input: 'what?', output: 'Yes.' })).toMatchObject({
      faults: [{ column: 'input' }],
    });
  });
});

describe('the counter of distinct strings', () => {
  it('counts as a Map does, also from its own table, and stops at its limit', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 3000 }), (words) => {
        const map = new Map<string, number>();
        let counter = new DistinctCounter(1e6);
        for (const [at, word] of words.entries()) {
          map.set(word, (map.get(word) ?? 0) + 1);
          expect(counter.add(word)).toBe(map.get(word));
          if (at === 1000) counter = new DistinctCounter(1e6, counter.table);
        }
        expect(counter.size).toBe(map.size);
      }),
      { numRuns: 20 },
    );
    const small = new DistinctCounter(2);
    for (const word of ['a', 'b', 'c', 'a']) small.add(word);
    expect([small.size, small.full]).toEqual([null, true]);
  });
});

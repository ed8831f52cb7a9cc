import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNumber, parseTime } from './check-interaction.ts';

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

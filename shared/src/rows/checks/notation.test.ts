import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JUDGED_ROWS } from '../columns/column-meaning.ts';
import { likelyTime, Notation, parseNumber } from './notation.ts';

/** What is made of the last cell once all were seen. */
function timeAfter(cells: readonly unknown[]): number | undefined {
  const notation = new Notation();
  for (const cell of cells) notation.see([cell]);
  return notation.time(cells.at(-1));
}

const seconds = (iso: string) => Date.parse(iso) / 1000;

describe('times', () => {
  it('are the same from seconds, milliseconds, microseconds and ISO dates', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1e9, max: 4e9 }), (time) => {
        const iso = new Date(time * 1000).toISOString();
        for (const value of [time, String(time), time * 1e3, time * 1e6, iso, iso.slice(0, 19).replace('T', ' ')]) {
          expect(timeAfter([value])).toBe(time);
        }
      }),
    );
    expect(timeAfter(['2015-03-01'])).toBe(1425168000);
    expect(timeAfter(['2015-03-01T01:00:00+01:00'])).toBe(1425168000);
    expect(timeAfter(['2015-03-01T00:00:00.25Z'])).toBe(1425168000.25);
    expect(timeAfter(['2015-3-1 0:00:00', '2015/03/01 00:00:00 UTC'])).toBe(1425168000);
  });

  it('are read day first where dots part them', () => {
    expect(timeAfter(['01.02.2024'])).toBe(seconds('2024-02-01'));
    expect(timeAfter(['1.2.2024, 7:05'])).toBe(seconds('2024-02-01T07:05Z'));
    expect(timeAfter(['12.31.2024'])).toBeUndefined();
  });

  it('are read by what another date of the file shows', () => {
    expect(timeAfter(['25/12/2023', '03/04/2024'])).toBe(seconds('2024-04-03'));
    expect(timeAfter(['12/25/2023', '03/04/2024'])).toBe(seconds('2024-03-04'));
    expect(timeAfter(['25-12-2023', '03/04/2024 10:11:12'])).toBe(seconds('2024-04-03T10:11:12Z'));
    expect(timeAfter(['1/31/2024 12:05 AM'])).toBe(seconds('2024-01-31T00:05Z'));
    expect(timeAfter(['1/31/2024 1:45:10 pm'])).toBe(seconds('2024-01-31T13:45:10Z'));
    expect(timeAfter(['05/05/2024'])).toBe(seconds('2024-05-05'));
  });

  it('are not guessed where no date shows it', () => {
    const notation = new Notation();
    const cell = '03/04/2024';
    for (let row = 0; row < JUDGED_ROWS; row++) notation.see([cell]);
    notation.see(['25/12/2023']);
    expect(notation.time(cell)).toBeUndefined();
    expect(notation.fault(cell)).toEqual({
      problem: '"03/04/2024" may be 2024-04-03 or 2024-03-04, and no date in the first 2000 rows shows which.',
      fix: 'Write dates with the year first, as 2024-04-03, or with dots where the day comes first, as 03.04.2024.',
    });
  });

  it.each([
    '',
    'yesterday',
    '03/01/2015',
    '2015-13-45',
    '31.02.2024',
    '01.02.24',
    '1.2/2024',
    '2024-01-01 25:00',
    '2024-01-01 10:60',
    '1/31/2024 13:00 PM',
    null,
    true,
    Number.NaN,
    'Infinity',
  ])('are not %j', (value) => {
    expect(timeAfter([value])).toBeUndefined();
  });

  it('tell their column whichever way they are written', () => {
    expect(likelyTime('01.02.2024')).toBe(seconds('2024-02-01'));
    expect(likelyTime('01/31/2024')).toBe(seconds('2024-01-31'));
    expect(likelyTime('Heat')).toBeUndefined();
  });
});

describe('numbers', () => {
  const readAfter = (cells: string[]) => {
    const notation = new Notation();
    for (const cell of cells) notation.see([cell]);
    return { number: notation.number(cells.at(-1)), fault: notation.fault(cells.at(-1)), notation };
  };

  it('may have a decimal comma', () => {
    expect(readAfter(['4,5']).number).toBe(4.5);
    expect(readAfter(['-,25']).number).toBe(-0.25);
    expect(readAfter(['0,125']).number).toBe(0.125);
    expect(readAfter(['4,5']).notation.readings).toEqual(['"4,5" was read as 4.5: with a decimal comma.']);
  });

  it('are not guessed where the comma may part thousands', () => {
    expect(readAfter(['1,234'])).toMatchObject({
      number: undefined,
      fault: { problem: expect.stringContaining('1234') },
    });
    expect(readAfter(['4,5', '1,234']).number).toBe(1.234);
    for (const text of ['1,234,567', '1,234.5', '1.234,5', ',', '4,']) expect(readAfter([text]).number).toBeUndefined();
  });

  it.each(['', ' ', '4,5', '0x10', 'NaN', null, [], '1e999999'])('are not %j by themselves', (value) => {
    const number = parseNumber(value);
    expect(number === undefined || number === Number.POSITIVE_INFINITY).toBe(true);
  });
});

describe('dates that name their month', () => {
  const at = Date.UTC(2017, 6, 30, 14, 44, 1) / 1000;
  const day = Date.UTC(2017, 6, 30) / 1000;
  it.each([
    ['Sun Jul 30 07:44:01 -0700 2017', at],
    ['Sun Jul 30 14:44:01 2017', at],
    ['Sun Jul 30 14:44:01 UTC 2017', at],
    ['Sun, 30 Jul 2017 07:44:01 -0700', at],
    ['30 Jul 2017 14:44:01 GMT', at],
    ['July 30, 2017', day],
    ['Jul. 30th, 2017', day],
    ['30-Jul-2017', day],
    ['30 july 2017', day],
    ['Sept 1, 2017', Date.UTC(2017, 8, 1) / 1000],
    ['Feb 30, 2017', undefined],
    ['Foo 30, 2017', undefined],
    ['Maybe 3, 2017', undefined],
    ['Jul 30 25:00:00 2017', undefined],
  ])('%s', (text, seconds) => {
    expect(new Notation().time(text)).toBe(seconds);
  });
});

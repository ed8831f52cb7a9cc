import { describe, expect, it } from 'vitest';
import { rankedRows, scoredRows } from './predictions-beginning.ts';

const row = (at: number) => ({ row: at, user: `u${at}`, score: 0.5, yesLogit: 1, noLogit: 1 });
const file = (rows: readonly object[]) => rows.map((one) => `${JSON.stringify(one)}\n`).join('');

describe('the beginning of predictions', () => {
  it('gives as many rows as asked for', () => {
    expect(scoredRows(file([row(0), row(1), row(2)]), 2)).toEqual([row(0), row(1)]);
    expect(scoredRows(file([row(0)]), 2)).toEqual([row(0)]);
    expect(scoredRows('', 2)).toEqual([]);
  });

  it('leaves out a row that was cut, wherever it was cut', () => {
    const whole = file([row(0), row(1)]);
    const first = file([row(0)]).length;
    for (let end = first; end < whole.length; end++) expect(scoredRows(whole.slice(0, end), 9)).toEqual([row(0)]);
    expect(scoredRows(whole, 9)).toHaveLength(2);
  });

  it('reads rankings', () => {
    const ranking = [{ title: 'Heat (1995)', id: '6', score: 0.5, yesLogit: 1, noLogit: 1 }];
    expect(rankedRows(file([{ row: 0, ranking }]), 9)).toEqual([{ row: 0, ranking }]);
  });
});

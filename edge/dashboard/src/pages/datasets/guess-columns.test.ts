import { describe, expect, it } from 'vitest';
import { lookAt } from './beginning.ts';
import { guessColumns } from './guess-columns.ts';

const look = (text: string) => lookAt({ bytes: new TextEncoder().encode(text), whole: true });
const guess = (text: string, kind: 'interactions' | 'items' = 'interactions') => guessColumns(look(text), kind);

/** Of each of ten people six ratings, in the order of their times. */
const ROWS = Array.from({ length: 60 }, (_, at) =>
  [`${1 + Math.floor(at / 6)}`, `${(at * 37) % 53}`, `The Film No. ${(at * 37) % 53}`, `${1 + ((at * 7) % 5)}`].concat(
    `${1079222400 + at}`,
  ),
);
const table = (header: string, rows: readonly string[][]) =>
  `${header}\n${rows.map((row) => row.join(',')).join('\n')}\n`;
const without = (at: number) => ROWS.map((row) => row.toSpliced(at, 1));

describe('columns with names that say nothing', () => {
  it('are guessed by what is in them', () => {
    const all = { user: 'a', item: 'b', title: 'c', rating: 'd', time: 'e' };
    expect(guess(table('a,b,c,d,e', ROWS))).toEqual(all);
    const dated = ROWS.map(([user, item, title, rating], at) => {
      return [`2004-03-14 01:${String(at).padStart(2, '0')}:00`, user!, title!, rating!, item!];
    });
    expect(guess(table('e,a,c,d,b', dated))).toEqual(all);
  });

  it('are guessed in spite of slips, decimal commas, and dates of any form', () => {
    const german = ROWS.map(([user, item, title, rating], at) => {
      const day = String(1 + (at % 28)).padStart(2, '0');
      return [user!, item!, title!, at === 9 ? 'gut' : `${rating},5`, at === 7 ? 'bald' : `${day}.02.2024`];
    });
    const text = `wer;was;film;note;tag\n${german.map((row) => row.join(';')).join('\n')}\n`;
    expect(guess(text)).toEqual({ user: 'wer', item: 'was', title: 'film', rating: 'note', time: 'tag' });
    const american = ROWS.map((row, at) => [...row.slice(0, 4), `${1 + (at % 12)}/${1 + (at % 28)}/2024 1:05 PM`]);
    expect(guess(table('a,b,c,d,e', american))).toMatchObject({ time: 'e' });
  });

  it('are left to names where these tell', () => {
    expect(guess(table('a,movieId,c,stars,timestamp', ROWS))).toEqual({ user: 'a', title: 'c' });
    expect(guess(table('user,item,title,rating,time', ROWS))).toEqual({});
  });

  it('make the title the id where there is none', () => {
    expect(guess(table('user,title,rating,time', without(1)))).toEqual({ item: 'title', title: 'title' });
    expect(guess(table('wer,titel,note,zeit', without(1)))).toEqual({
      ...{ user: 'wer', item: 'titel', title: 'titel', rating: 'note', time: 'zeit' },
    });
  });

  it('of a catalogue are its titles', () => {
    expect(guess('nr,film\n1,Heat\n2,Ran\n', 'items')).toEqual({ title: 'film' });
  });

  it('stay open where nothing fits', () => {
    expect(guess('a,b\nx,y\n')).toEqual({ user: 'a', item: 'b' });
    expect(guess('a\n')).toEqual({});
  });
});

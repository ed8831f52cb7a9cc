import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { titleMatcher } from './title-search.ts';

describe('a search for titles', () => {
  it.each([
    ['tw mon', 'Twelve Monkeys (1995)'],
    ['monk 12', '12 Monkeys'],
    ['AMELIE', "Le fabuleux destin d'Amélie Poulain"],
    ['damelie', 'Le fabuleux destin d’Amélie Poulain'],
    ['schindler', "Schindler's List"],
    ['schindlers list', "Schindler's List"],
    ['l.a. conf', 'L.A. Confidential (1997)'],
    ['ﬁght', 'Fight Club'],
    ['千尋', '千と千尋の神隠し'],
    ['', 'anything'],
    [' "', 'anything'],
  ])('%j finds %j', (search, title) => {
    expect(titleMatcher(search)(title)).toBe(true);
  });

  it.each([
    ['onkeys', 'Twelve Monkeys'],
    ['twelve apes', 'Twelve Monkeys'],
    ['monkeyss', 'Twelve Monkeys'],
  ])('%j does not find %j', (search, title) => {
    expect(titleMatcher(search)(title)).toBe(false);
  });

  it('finds a title by the beginnings of its words, in any order', () => {
    const word = fc.stringMatching(/^[a-zé]{1,8}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, fc.nat(7)), { minLength: 1, maxLength: 5 }), (words) => {
        const title = words.map(([text]) => text.toUpperCase()).join(' & ');
        const search = words.map(([text, end]) => text.slice(0, end + 1)).reverse();
        expect(titleMatcher(search.join(' '))(title)).toBe(true);
      }),
    );
  });
});

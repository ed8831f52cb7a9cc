import { describe, expect, it } from 'vitest';
import { METHODS } from './methods.ts';
import { paperAuc } from './paper-figures.ts';

describe('the paper', () => {
  it('has the figures of its table and none for what it did not run', () => {
    expect(paperAuc('movie', 'tallrec', 256)).toBeCloseTo(0.7198, 12);
    expect(paperAuc('book', 'gru4rec', 16)).toBeCloseTo(0.4895, 12);
    expect(paperAuc('movie', 'history-share', 16)).toBeNull();
    expect(paperAuc('movie', 'tallrec', 32)).toBeNull();
    const printed = METHODS.filter(({ name }) => paperAuc('movie', name, 64) !== null).map(({ name }) => name);
    expect(printed).toEqual(['gru4rec', 'caser', 'sasrec', 'dros', 'gru-bert', 'dros-bert', 'tallrec']);
  });
});

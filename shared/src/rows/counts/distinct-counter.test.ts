import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DistinctCounter } from './distinct-counter.ts';

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

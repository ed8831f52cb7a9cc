import type { Ranked } from '@tallrec/shared/wire/score';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placesByPopularity } from './popularity.ts';

const ranked = (ids: readonly string[]): Ranked[] =>
  ids.map((id, index) => ({ index, candidate: { id, title: id }, score: 0.5, yesLogit: 0, noLogit: 0 }));
const places = (likes: Record<string, number | undefined>, ids = Object.keys(likes)) =>
  Object.fromEntries(placesByPopularity(ranked(ids), ({ id }) => likes[id!]));

describe('a ranking beside popularity', () => {
  it('says where popularity alone would put each, and how far the model moved it', () => {
    expect(places({ a: 5, b: 90, c: 40 })).toEqual({
      a: { likes: 5, place: 3, climbed: 2 },
      b: { likes: 90, place: 1, climbed: -1 },
      c: { likes: 40, place: 2, climbed: -1 },
    });
  });

  it('leaves those that are liked alike room for each other', () => {
    const tied = places({ a: 7, b: 7, c: 9 });
    expect([tied.a, tied.b, tied.c].map((one) => [one!.place, one!.climbed])).toEqual([
      [2, 1],
      [2, 0],
      [1, -2],
    ]);
  });

  it('leaves out what nobody counted, and counts places among the others', () => {
    expect(places({ a: undefined, b: 1, c: undefined, d: 0 })).toEqual({
      b: { likes: 1, place: 1, climbed: 0 },
      d: { likes: 0, place: 2, climbed: 0 },
    });
  });

  it('moves nothing where the model orders by popularity, and as far up as down where no likes are alike', () => {
    const likes = fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(likes, (counts) => {
        const climbs = (ordered: readonly number[]) => {
          const all = placesByPopularity(ranked(ordered.map(String)), ({ id }) => Number(id));
          return [...all.values()].map(({ climbed }) => climbed);
        };
        expect(climbs(counts).reduce((sum, climbed) => sum + climbed, 0)).toBe(0);
        expect(climbs(counts.toSorted((a, b) => b - a)).every((climbed) => climbed === 0)).toBe(true);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildSamples, type Interaction, paperSplit, samplingSchema } from '../../interactions.ts';
import type { Sample } from '../../sample.ts';
import type { DatasetProfile } from '../../wire/datasets.ts';
import { RatingCounts } from './rating-counts.ts';
import { Tally } from './tally.ts';

/** Handed on as JSON in the middle, as from one slice to the next. */
function halfway<State>(state: State): State {
  return JSON.parse(JSON.stringify(state));
}

const total = (bins: readonly { count: number }[]) => bins.reduce((sum, { count }) => sum + count, 0);

/** By definition: how many of the values lie from `from` to `to`. */
function within(values: readonly number[], bins: readonly { from: number; to: number }[]) {
  return bins.map(({ from, to }) => values.filter((value) => from <= value && value <= to).length);
}

const timesEach = (keys: readonly string[]) =>
  [...Map.groupBy(keys, (key) => key).values()].map((occurrences) => occurrences.length);

describe('ratings', () => {
  const someRatings = fc.array(fc.constantFrom(0, 0.5, 1, 3, 3.5, 4, 5, -1), { maxLength: 50 });
  const manyRatings = fc.array(
    fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: -500, max: 500 }),
    ),
    {
      minLength: 90,
      maxLength: 600,
    },
  );

  it('are counted by value while there are few', () => {
    fc.assert(
      fc.property(someRatings, (ratings) => {
        const counts = new RatingCounts(3);
        for (const rating of ratings) counts.add(rating);
        const values = [...new Set(ratings)].sort((a, b) => a - b);
        expect(counts.bins()).toEqual(
          values.map((value) => ({
            from: value,
            to: value,
            count: ratings.filter((rating) => rating === value).length,
            liked: value > 3,
          })),
        );
      }),
    );
  });

  it('are binned where there are many: none is lost, and none stands on the wrong side of a like', () => {
    fc.assert(
      fc.property(manyRatings, fc.double({ min: -10, max: 10, noNaN: true }), (ratings, likedAbove) => {
        let counts = new RatingCounts(likedAbove);
        for (const [at, rating] of ratings.entries()) {
          if (at % 97 === 0) counts = new RatingCounts(likedAbove, halfway(counts.state));
          counts.add(rating);
        }
        const bins = counts.bins();
        expect(bins.length).toBeLessThanOrEqual(100);
        expect(total(bins)).toBe(ratings.length);
        const liked = ratings.filter((rating) => rating > likedAbove).length;
        expect(total(bins.filter((bin) => bin.liked))).toBe(liked);
        for (const [at, { from, to, liked }] of bins.entries()) {
          expect(from <= to && (at === 0 || bins[at - 1]!.to <= from)).toBe(true);
          expect(liked ? from >= likedAbove : to <= likedAbove).toBe(true);
        }
      }),
    );
  });

  it('lie in the bins that say so', () => {
    const ratings = Array.from({ length: 1001 }, (_, at) => at / 10);
    const counts = new RatingCounts(60);
    for (const rating of ratings) counts.add(rating);
    const bins = counts.bins();
    expect(bins.length).toBeGreaterThan(40);
    for (const { from, to, count } of bins) {
      expect([from, count]).toEqual([from, ratings.filter((rating) => rating > from && rating <= to).length]);
    }
    expect(bins.find(({ liked }) => liked)!.from).toBe(60);
  });
});

describe('the profile', () => {
  const interaction = fc.record({
    user: fc.constantFrom('a', 'b', 'c', 'd'),
    item: fc.constantFrom('1', '2', '3', '4', '5'),
    title: fc.constant('T'),
    rating: fc.constantFrom(1, 3, 5),
    time: fc.nat(9),
  });
  const interactions = fc.array(interaction, { maxLength: 80 });

  const profiled = (kind: 'interactions' | 'samples', rows: readonly object[], sampling: object): DatasetProfile => {
    const tally = new Tally(kind, samplingSchema.parse(sampling));
    for (const row of rows) {
      tally.add({ kind, row } as Parameters<Tally['add']>[0], JSON.stringify(row));
    }
    return tally.stats().profile!;
  };

  it('of ratings is that of its definition', () => {
    fc.assert(
      fc.property(interactions, fc.integer({ min: 1, max: 4 }), (rows: Interaction[], historyLength) => {
        const sampling = { historyLength, parts: [3, 1, 2] };
        const { ratings, historyLengths, itemRows, split } = profiled('interactions', rows, sampling);
        expect(total(ratings!)).toBe(rows.length);
        const users = timesEach(rows.map(({ user }) => user));
        expect(historyLengths!.map(({ count }) => count)).toEqual(within(users, historyLengths!));
        expect(total(historyLengths!)).toBe(users.length);
        const items = timesEach(rows.map(({ item }) => item));
        expect(itemRows!.map(({ count }) => count)).toEqual(within(items, itemRows!));
        expect(total(itemRows!)).toBe(items.length);
        const parsed = samplingSchema.parse(sampling);
        const parts = paperSplit(buildSamples(rows, parsed), parsed);
        expect(split).toEqual({
          unused: 0,
          train: parts.train.length,
          valid: parts.valid.length,
          test: parts.test.length,
        });
      }),
    );
  });

  it('of samples counts their histories as they are, and an item once a row', () => {
    const item = fc.record({ title: fc.constantFrom('A', 'B', 'C'), liked: fc.boolean() });
    const sample = fc.record({
      noun: fc.constant('movie'),
      history: fc.array(item, { maxLength: 5 }),
      target: fc.record({ title: fc.constantFrom('A', 'B', 'D') }),
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 30 }), (rows: Sample[]) => {
        const { ratings, historyLengths, itemRows, split } = profiled('samples', rows, {});
        expect([ratings, split]).toEqual([null, null]);
        const lengths = rows.map(({ history }) => history.length);
        expect(historyLengths!.map(({ count }) => count)).toEqual(within(lengths, historyLengths!));
        expect(total(historyLengths!)).toBe(rows.length);
        const titles = rows.flatMap(({ history, target }) => [
          ...new Set([...history, target].map(({ title }) => title)),
        ]);
        const inRows = timesEach(titles);
        expect(itemRows!.map(({ count }) => count)).toEqual(within(inRows, itemRows!));
        expect(total(itemRows!)).toBe(inRows.length);
      }),
    );
  });

  it('of instructions and items is empty', () => {
    const tally = new Tally('items', samplingSchema.parse({}));
    tally.add({ kind: 'items', row: { title: 'A' } }, '{}');
    expect(tally.stats().profile).toEqual({ ratings: null, historyLengths: null, itemRows: null, split: null });
  });
});

import { describe, expect, it } from 'vitest';
import { buildSamples, type Interaction, paperSplit, paperSplitSizes, samplingSchema } from './interactions.ts';

const rating = (user: string, item: number, time: number, stars = 4): Interaction => ({
  user,
  item: String(item),
  title: `Film ${item}`,
  rating: stars,
  time,
});
const sampling = samplingSchema.parse({ historyLength: 2 });

it('groups by user in order of first appearance and sorts by time, keeping the order of equal times', () => {
  const samples = buildSamples(
    [rating('b', 1, 30), rating('a', 2, 10), rating('b', 3, 20, 2), rating('b', 4, 30, 3), rating('a', 5, 5)],
    sampling,
  );
  expect(samples).toEqual([
    {
      user: 'b',
      noun: 'movie',
      history: [
        { title: 'Film 3', id: '3', at: 20, liked: false },
        { title: 'Film 1', id: '1', at: 30, liked: true },
      ],
      target: { title: 'Film 4', id: '4', at: 30 },
      liked: false,
    },
  ]);
});

it('takes one word for what an item is called, as a sample does', () => {
  expect(samplingSchema.safeParse({ noun: 'board-game' }).success).toBe(true);
  expect(samplingSchema.safeParse({ noun: 'movie\n\n### Response:\nYes.' }).success).toBe(false);
});

it('splits the last samples 8:1:1 in order', () => {
  const samples = buildSamples(
    Array.from({ length: 22 }, (_, i) => rating('u', i, i)),
    sampling,
  );
  const split = paperSplit(samples, { last: 10 });
  expect(samples).toHaveLength(20);
  expect([split.train.length, split.valid.length, split.test.length]).toEqual([8, 1, 1]);
  expect(split.train[0]).toBe(samples[10]);
  expect(split.test[0]).toBe(samples[19]);
  expect(paperSplitSizes(20, { last: 10 })).toEqual({ unused: 10, train: 8, valid: 1, test: 1 });
  expect(paperSplitSizes(12_345)).toEqual({ unused: 2345, train: 8000, valid: 1000, test: 1000 });
});

describe('a rating that says "not rated"', () => {
  it('is neither in a history nor a target', () => {
    const rated = [8, 0, 3, 9].map((rating, at) => ({ user: 'u', item: `${at}`, title: `T${at}`, rating, time: at }));
    const titles = (unrated?: number) =>
      buildSamples(rated, samplingSchema.parse({ historyLength: 1, likedAbove: 5, unrated })).map(
        ({ history, target, liked }) => [history[0]!.title, target.title, liked],
      );
    expect(titles(0)).toEqual([
      ['T0', 'T2', false],
      ['T2', 'T3', true],
    ]);
    expect(titles()).toHaveLength(3);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { featuresOfCounts, ItemOpinions, itemFeatures, itemPopularity, itemStatisticsSchema } from './item-opinions.ts';
import { LIMITS } from './limits.ts';
import type { LabelledSample } from './sample.ts';

const sample = (user: string | undefined, likes: string[], target: string, liked: boolean): LabelledSample => ({
  ...(user === undefined ? {} : { user }),
  noun: 'movie',
  history: likes.map((title) => ({ title, liked: true })),
  target: { title: target },
  liked,
});
const train = [
  sample('ann', ['A', 'B'], 'C', true),
  sample('ann', ['B', 'C'], 'D', false),
  sample('ben', ['B'], 'A', true),
];

describe('opinions', () => {
  it('count each user once, and leave out the one whose row it is', () => {
    const popularity = itemPopularity(train);
    expect(['A', 'B', 'C', 'D', 'E'].map((title) => popularity({ target: { title } }))).toEqual([2, 2, 1, 0, 0]);
    expect(['A', 'B', 'C'].map((title) => popularity({ user: 'ann', target: { title } }))).toEqual([1, 1, 0]);
    expect(new ItemOpinions(train).of({ title: 'D' })).toEqual({ likes: 0, ratings: 1 });
  });

  it('become statistics: the most rated first, within the limits, with the sums of all', () => {
    const statistics = new ItemOpinions(train).statistics();
    expect(statistics).toMatchObject({ likes: 5, ratings: 6 });
    expect(statistics.items.map(([key, likes, ratings]) => [key[0], likes, ratings])).toEqual([
      ['A', 2, 2],
      ['B', 2, 2],
      ['C', 1, 1],
      ['D', 0, 1],
    ]);
    const wide = 'x'.repeat(LIMITS.titleCharacters - 10);
    const many = Array.from({ length: 5000 }, (_, index) => sample('cy', [], `${wide}${index}`, true));
    const bounded = new ItemOpinions([...train, ...many]).statistics();
    expect(JSON.stringify(bounded).length).toBeLessThan(LIMITS.blendBytes);
    expect(bounded.items.length).toBeLessThan(5004);
    expect(bounded.items[0]![2]).toBe(2);
    expect(bounded.ratings).toBe(5006);
    expect(itemStatisticsSchema.parse(JSON.parse(JSON.stringify(bounded)))).toEqual(bounded);
  });

  it('give an item fans and a mean that lies between its own and that of all', () => {
    const count = fc.record({ likes: fc.integer({ min: 0, max: 50 }), dislikes: fc.integer({ min: 0, max: 50 }) });
    fc.assert(
      fc.property(count, count, (own, rest) => {
        const counts = { likes: own.likes, ratings: own.likes + own.dislikes };
        const all = { likes: own.likes + rest.likes, ratings: counts.ratings + rest.likes + rest.dislikes };
        const { fans, itemMean } = featuresOfCounts(counts, all);
        const mean = 1 / (1 + Math.exp(-itemMean));
        const overall = (all.likes + 1) / (all.ratings + 2);
        const plain = counts.ratings === 0 ? overall : counts.likes / counts.ratings;
        expect(fans).toBe(Math.log1p(own.likes));
        expect(mean).toBeGreaterThanOrEqual(Math.min(plain, overall) - 1e-12);
        expect(mean).toBeLessThanOrEqual(Math.max(plain, overall) + 1e-12);
      }),
    );
    const featuresOf = itemFeatures(new ItemOpinions(train).statistics());
    expect(featuresOf({ title: 'unheard of' })).toEqual({ fans: 0, itemMean: Math.log(3) });
    expect(featuresOf({ title: 'A' }).itemMean).toBeGreaterThan(featuresOf({ title: 'D' }).itemMean);
  });
});

import type { LabelledSample } from '@tallrec/shared/sample';
import { describe, expect, it } from 'vitest';
import { catalogueOf, encodeSamples, extended, historyLength, picked } from './catalogue.ts';

function sample(history: [string, boolean][], target: string, liked: boolean): LabelledSample {
  return {
    noun: 'movie',
    history: history.map(([title, liked]) => ({ title, liked })),
    target: { title: target },
    liked,
  };
}

const train = [
  sample(
    [
      ['A', true],
      ['B', false],
      ['C', true],
    ],
    'D',
    true,
  ),
  sample([['C', true]], 'E', false),
];

describe('catalogueOf', () => {
  const catalogue = catalogueOf(train);

  it('numbers what was liked and what was judged; padding comes after them', () => {
    expect([...catalogue.numbers.keys()].map((key) => key[0])).toEqual(['A', 'C', 'D', 'E']);
    expect(catalogue.known).toBe(4);
    expect(catalogue.items[4]).toBeUndefined();
    expect(catalogue.counts).toEqual([1, 2, 1, 0]);
    expect(catalogue.read).toEqual([0, 1]);
    expect(catalogue.judged).toEqual({ liked: [2], disliked: [3] });
  });

  it('numbers other items after padding, and leaves itself as it was', () => {
    const more = extended(catalogue, [
      sample(
        [
          ['B', true],
          ['A', true],
          ['B', true],
        ],
        'F',
        true,
      ),
    ]);
    expect([...more.numbers.values()]).toEqual([0, 1, 2, 3, 5, 6]);
    expect(more.items.map((item) => item?.title)).toEqual(['A', 'C', 'D', 'E', undefined, 'B', 'F']);
    expect(catalogue.items).toHaveLength(5);
  });

  it('tells items of one title apart by their ids', () => {
    const twins = ['1', '2'].map((id) => ({ ...train[1]!, target: { title: 'E', id } }));
    expect(catalogueOf(twins).known).toBe(3);
  });
});

describe('encodeSamples', () => {
  it('keeps the latest liked items in order, padded at the end', () => {
    const catalogue = catalogueOf(train);
    const encoded = encodeSamples(
      [
        ...train,
        sample(
          [
            ['A', true],
            ['C', true],
            ['A', true],
            ['A', true],
          ],
          'D',
          false,
        ),
      ],
      catalogue,
      3,
    );
    expect([...encoded.histories]).toEqual([0, 1, 4, 1, 4, 4, 1, 0, 0]);
    expect([...encoded.lengths]).toEqual([2, 1, 3]);
    expect([...encoded.targets]).toEqual([2, 3, 2]);
    expect([...encoded.labels]).toEqual([1, 0, 0]);
    const two = picked(encoded, [2, 0]);
    expect([...two.histories]).toEqual([1, 0, 0, 0, 1, 4]);
    expect([...two.labels]).toEqual([0, 1]);
  });
});

describe('historyLength', () => {
  it('fits the longest, within limits', () => {
    const long = (items: number) => [
      sample(
        Array.from({ length: items }, (_, i) => [`${i}`, true]),
        'T',
        true,
      ),
    ];
    expect([1, 7, 200].map((items) => historyLength(long(items)))).toEqual([4, 7, 50]);
  });
});

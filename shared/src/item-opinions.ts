// Training samples as opinions: who liked or disliked which item, each once, however many overlapping histories tell it; and what they
// come to an item: likes, ratings and a shrunk mean, in a form that travels with an adapter.
import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { itemKey } from './metrics.ts';
import type { Item, LabelledSample, Sample } from './sample.ts';

export interface Opinion {
  user: string;
  item: string;
  liked: boolean;
}

/** A sample that names no user counts as its own. */
export function userOf(sample: Pick<LabelledSample, 'user'>, index: number): string {
  return sample.user === undefined ? `#${index}` : namedUser(sample.user);
}

export const namedUser = (user: string) => `=${user}`;

/** In the order of the samples; the last word on an item counts. */
export function opinionsOf(samples: readonly LabelledSample[]): Opinion[] {
  const opinions = new Map<string, Opinion>();
  samples.forEach((sample, index) => {
    const user = userOf(sample, index);
    for (const event of [...sample.history, { ...sample.target, liked: sample.liked }]) {
      const item = itemKey(event);
      opinions.set(JSON.stringify([user, item]), { user, item, liked: event.liked });
    }
  });
  return [...opinions.values()];
}

/** Users who gave an opinion on an item, and those of them who liked it. */
export interface ItemCounts {
  likes: number;
  ratings: number;
}

export class ItemOpinions {
  readonly #byItem = new Map<string, Map<string, boolean>>();

  constructor(samples: readonly LabelledSample[]) {
    for (const { user, item, liked } of opinionsOf(samples)) {
      const own = this.#byItem.get(item);
      if (own) own.set(user, liked);
      else this.#byItem.set(item, new Map([[user, liked]]));
    }
  }

  /** @param without a user (see `userOf`) whose opinion is left out: a fit must not read a label off a count that holds it */
  of(item: Item, without?: string): ItemCounts {
    const counts = { likes: 0, ratings: 0 };
    for (const [user, liked] of this.#byItem.get(itemKey(item)) ?? []) {
      if (user === without) continue;
      counts.ratings++;
      if (liked) counts.likes++;
    }
    return counts;
  }

  /** All of it, in the form that travels: see `itemStatisticsSchema`. */
  statistics(): ItemStatistics {
    const counts = [...this.#byItem].map(([key, users]): ItemStatistics['items'][number] => [
      key,
      [...users.values()].filter(Boolean).length,
      users.size,
    ]);
    const sum = (at: 1 | 2) => counts.reduce((total, row) => total + row[at], 0);
    return { likes: sum(1), ratings: sum(2), items: withinLimits(counts) };
  }
}

/**
 * Item popularity: how many users of the training samples liked an item, in a history or as target; the sample's own user is left out.
 * @returns a score for any sample, from its target and its user alone
 */
export function itemPopularity(train: readonly LabelledSample[]): (sample: Pick<Sample, 'target' | 'user'>) => number {
  const opinions = new ItemOpinions(train);
  return ({ target, user }) => opinions.of(target, user === undefined ? undefined : namedUser(user)).likes;
}

/** The longest `itemKey`: title and creator. */
const KEY_CHARACTERS = 2 * LIMITS.titleCharacters + 1;
const count = z.number().int().min(0).max(LIMITS.count);

/** Likes and ratings an item, the most rated first; of more than the limit those that are left out count as unknown. */
export const itemStatisticsSchema = z.object({
  /** Of all items together, also of those that are left out. */
  likes: count,
  ratings: count,
  /** `itemKey`, likes, ratings. */
  items: z
    .array(z.tuple([z.string().max(KEY_CHARACTERS), count, count]).meta({ minItems: 3, maxItems: 3 }))
    .max(LIMITS.statisticsItems),
});
export type ItemStatistics = z.infer<typeof itemStatisticsSchema>;

/** As many ratings of the mean item as are added to those of each. */
const PRIOR_RATINGS = 5;

export interface ItemFeatures {
  /** log(1 + users who liked it). */
  fans: number;
  /** Log-odds of its share of likes, shrunk to that of all items together by five ratings. */
  itemMean: number;
}

type Row = ItemStatistics['items'][number];

/** For sorting. */
export function mostRatedFirst(a: Row, b: Row): number {
  return b[2] - a[2] || (a[0] < b[0] ? -1 : 1);
}

/** The most rated, within the limits: what few have rated tells least. */
export function withinLimits(items: ItemStatistics['items']): ItemStatistics['items'] {
  const sorted = items.toSorted(mostRatedFirst);
  let characters = 0;
  return sorted.slice(0, LIMITS.statisticsItems).filter(([key]) => {
    characters += JSON.stringify(key).length;
    return characters <= LIMITS.statisticsCharacters;
  });
}

/** An item without ratings is the mean item, without fans. */
export function featuresOfCounts(own: ItemCounts, all: ItemCounts): ItemFeatures {
  const overall = (all.likes + 1) / (all.ratings + 2);
  const mean = (own.likes + PRIOR_RATINGS * overall) / (own.ratings + PRIOR_RATINGS);
  return { fans: Math.log1p(own.likes), itemMean: Math.log(mean / (1 - mean)) };
}

/** @returns the features of any item */
export function itemFeatures({ items, ...all }: ItemStatistics): (item: Item) => ItemFeatures {
  const known = new Map(items.map(([key, likes, ratings]) => [key, { likes, ratings }]));
  return (item) => featuresOfCounts(known.get(itemKey(item)) ?? { likes: 0, ratings: 0 }, all);
}

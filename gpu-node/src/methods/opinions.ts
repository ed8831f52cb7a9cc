// The shots as opinions: who liked or disliked which item, each once, however many overlapping histories tell it.
import { itemKey } from '@tallrec/shared/metrics';
import type { Item, LabelledSample } from '@tallrec/shared/sample';

export interface Opinion {
  user: string;
  item: string;
  liked: boolean;
}

/** A sample that names no user counts as its own. */
export function userOf(sample: Pick<LabelledSample, 'user'>, index: number): string {
  return sample.user === undefined ? `#${index}` : `=${sample.user}`;
}

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

export interface ItemCounts {
  likes: number;
  dislikes: number;
}

/** How many users liked and disliked an item. */
export class ItemOpinions {
  readonly #byItem = new Map<string, Map<string, boolean>>();

  constructor(samples: readonly LabelledSample[]) {
    for (const { user, item, liked } of opinionsOf(samples)) {
      const own = this.#byItem.get(item);
      if (own) own.set(user, liked);
      else this.#byItem.set(item, new Map([[user, liked]]));
    }
  }

  /** @param without a user whose opinion is left out: a fit must not read a label off a count that holds it */
  of(item: Item, without?: string): ItemCounts {
    const counts = { likes: 0, dislikes: 0 };
    for (const [user, liked] of this.#byItem.get(itemKey(item)) ?? []) {
      if (user !== without) counts[liked ? 'likes' : 'dislikes']++;
    }
    return counts;
  }
}

// A ranking beside the order that popularity alone would give.
import { itemKey } from '@tallrec/shared/metrics';
import type { Item } from '@tallrec/shared/sample';
import type { RankResponse } from '@tallrec/shared/wire/score';

export interface PlaceByPopularity {
  likes: number;
  /** From 1; those that are liked alike share the first of their places. */
  place: number;
  /** How many places higher the model put it, among those whose likes are known; 0 where a tie leaves room for both. */
  climbed: number;
}

/** @param likesOf undefined where nobody knows @returns by `itemKey` */
export function placesByPopularity(
  ranking: RankResponse['ranking'],
  likesOf: (item: Item) => number | undefined,
): Map<string, PlaceByPopularity> {
  const known = ranking.flatMap(({ candidate }) => {
    const likes = likesOf(candidate);
    return likes === undefined ? [] : [{ key: itemKey(candidate), likes }];
  });
  return new Map(
    known.map(({ key, likes }, at) => {
      const first = 1 + known.filter((other) => other.likes > likes).length;
      const last = first - 1 + known.filter((other) => other.likes === likes).length;
      const byModel = at + 1;
      const climbed = byModel < first ? first - byModel : byModel > last ? last - byModel : 0;
      return [key, { likes, place: first, climbed }];
    }),
  );
}

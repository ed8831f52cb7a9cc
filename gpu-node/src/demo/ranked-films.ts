// One user's next films as the blend ranks them, beside the order of popularity, and how many pairs each puts right.
import { auc } from '@tallrec/shared/metrics';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { Ranked } from '@tallrec/shared/wire/score';

/** All but the ranking in the order of the request. */
export interface RankedFilms {
  user: string;
  history: LabelledSample['history'];
  /** Best first. */
  ranking: readonly Ranked[];
  liked: readonly boolean[];
  /** Users of the training samples who liked each. */
  popularity: readonly number[];
}

export interface FilmRow {
  title: string;
  /** From 1; films that equally many liked share the mean of their places. */
  popularityPlace: number;
  /** Probability of a like, by the blend where there is one. */
  score: number;
  liked: boolean;
}

/** Best first. */
export function filmRows({ ranking, liked, popularity }: RankedFilms): FilmRow[] {
  return ranking.map(({ candidate, score, blendScore, index }) => {
    const own = popularity[index]!;
    const above = popularity.filter((other) => other > own).length;
    const level = popularity.filter((other) => other === own).length;
    return {
      title: candidate.title,
      popularityPlace: above + (level + 1) / 2,
      score: blendScore ?? score,
      liked: liked[index]!,
    };
  });
}

/** Pairs of a liked and a disliked film with the liked one above; a pair that stands level is half right. */
function pairsRight(values: readonly number[], liked: readonly boolean[], pairs: number): number {
  const share = auc(values.map((score, index) => ({ score, liked: liked[index]! }))) ?? 0;
  return Math.round(2 * share * pairs) / 2;
}

export function rankingVerdict({ ranking, liked, popularity }: RankedFilms): string {
  const likes = liked.filter(Boolean).length;
  const pairs = likes * (liked.length - likes);
  const places = liked.map((_, index) => -ranking.findIndex((one) => one.index === index));
  const [ours, theirs] = [pairsRight(places, liked, pairs), pairsRight(popularity, liked, pairs)];
  return `Of the ${pairs} pairs of a film they liked and one they did not, this order has ${ours} right, popularity ${theirs}.`;
}

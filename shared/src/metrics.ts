// How well scores order liked before disliked: AUC over all rows and per user, with intervals, and the rules any model must beat.
import { Random } from './random.ts';
import type { LabelledSample, Sample } from './sample.ts';

export interface ScoredRow {
  score: number;
  liked: boolean;
  user?: string | undefined;
}

/** Rows ordered by score with ties in one group, so that a weighted AUC takes one pass. */
function tieGroups(rows: readonly ScoredRow[]): number[][] {
  const order = rows.map((_, index) => index).sort((a, b) => rows[a]!.score - rows[b]!.score);
  const groups: number[][] = [];
  for (const index of order) {
    const group = groups.at(-1);
    if (group && rows[group[0]!]!.score === rows[index]!.score) group.push(index);
    else groups.push([index]);
  }
  return groups;
}

function weightedAuc(rows: readonly ScoredRow[], groups: readonly number[][], weights: Uint32Array): number | null {
  let wins = 0;
  let likedTotal = 0;
  let dislikedBelow = 0;
  for (const group of groups) {
    let liked = 0;
    let disliked = 0;
    for (const index of group) {
      if (rows[index]!.liked) liked += weights[index]!;
      else disliked += weights[index]!;
    }
    wins += liked * (dislikedBelow + disliked / 2);
    likedTotal += liked;
    dislikedBelow += disliked;
  }
  return likedTotal === 0 || dislikedBelow === 0 ? null : wins / (likedTotal * dislikedBelow);
}

function assertFinite(rows: readonly ScoredRow[]): void {
  const at = rows.findIndex((row) => !Number.isFinite(row.score));
  if (at >= 0) throw new RangeError(`the score of row ${at} is ${rows[at]!.score}, not a finite number`);
}

/**
 * Area under the ROC curve: the chance that a liked row scores above a disliked one, ties counting half (Mann and Whitney).
 * @returns null where one of the two classes is missing
 * @throws RangeError on a score that is not finite
 */
export function auc(rows: readonly ScoredRow[]): number | null {
  assertFinite(rows);
  return weightedAuc(rows, tieGroups(rows), new Uint32Array(rows.length).fill(1));
}

export interface PerUserAuc {
  /** Mean over the users that have both a liked and a disliked row; null where there is none. */
  mean: number | null;
  /** Users counted in the mean. */
  users: number;
}

function rowsByUser(rows: readonly ScoredRow[]): Map<string, number[]> {
  const byUser = new Map<string, number[]>();
  rows.forEach((row, index) => {
    if (row.user === undefined) return;
    const own = byUser.get(row.user);
    if (own) own.push(index);
    else byUser.set(row.user, [index]);
  });
  return byUser;
}

/** Mean AUC within users (rows without a user are left out): what is left when users' base rates are taken away. */
export function perUserAuc(rows: readonly ScoredRow[]): PerUserAuc {
  const own = [...rowsByUser(rows).values()]
    .map((indices) => auc(indices.map((index) => rows[index]!)))
    .filter((value) => value !== null);
  return { mean: own.length ? own.reduce((sum, value) => sum + value, 0) / own.length : null, users: own.length };
}

/** A bootstrap over fewer clusters than this says little. */
const MIN_RESAMPLED_USERS = 10;

export interface Interval {
  low: number;
  high: number;
  level: number;
  /**
   * What was drawn again: whole users where every row names one, since rows of one user are not independent; single rows where
   * there are too few users for that, which makes the interval narrower than it should be.
   */
  resampled: 'users' | 'rows';
}

/**
 * Percentile bootstrap interval of the AUC (Efron).
 * @returns null where the AUC itself is undefined
 */
export function bootstrapInterval(
  rows: readonly ScoredRow[],
  { level = 0.95, resamples = 1000, seed = 0 }: { level?: number; resamples?: number; seed?: number } = {},
): Interval | null {
  if (auc(rows) === null) return null;
  const random = Random.seeded(seed);
  const groups = tieGroups(rows);
  const users = rows.every((row) => row.user !== undefined) ? [...rowsByUser(rows).values()] : [];
  const clusters = users.length >= MIN_RESAMPLED_USERS ? users : rows.map((_, index) => [index]);
  const draws: number[] = [];
  const weights = new Uint32Array(rows.length);
  for (let i = 0; i < resamples; i++) {
    weights.fill(0);
    for (let k = 0; k < clusters.length; k++) {
      for (const index of clusters[random.integer(0, clusters.length - 1)]!) weights[index]!++;
    }
    const draw = weightedAuc(rows, groups, weights);
    if (draw !== null) draws.push(draw);
  }
  draws.sort((a, b) => a - b);
  const quantile = (q: number) => draws[Math.min(draws.length - 1, Math.max(0, Math.round(q * (draws.length - 1))))]!;
  const tail = (1 - level) / 2;
  return {
    low: quantile(tail),
    high: quantile(1 - tail),
    level,
    resampled: clusters === users ? 'users' : 'rows',
  };
}

/** The rule without parameters: the share of the history that was liked; one half where there is no history. */
export function historyShare(sample: Pick<Sample, 'history'>): number {
  if (sample.history.length === 0) return 0.5;
  return sample.history.filter((item) => item.liked).length / sample.history.length;
}

/** What makes two items one: the id, else title and creator. */
export function itemKey(item: { id?: string | undefined; title: string; by?: string | undefined }): string {
  return item.id ?? `${item.title}\u0000${item.by ?? ''}`;
}

/**
 * Item popularity: how many users of the training samples liked an item, in a history or as target. One user's overlapping
 * histories count once; where users are not named, each sample counts as its own user.
 * @returns a score for any sample, from its target alone
 */
export function itemPopularity(train: readonly LabelledSample[]): (sample: Pick<Sample, 'target'>) => number {
  const fans = new Map<string, Set<string>>();
  train.forEach((sample, index) => {
    const user = sample.user === undefined ? `#${index}` : `=${sample.user}`;
    for (const item of [...sample.history, { ...sample.target, liked: sample.liked }]) {
      if (!item.liked) continue;
      const key = itemKey(item);
      const own = fans.get(key);
      if (own) own.add(user);
      else fans.set(key, new Set([user]));
    }
  });
  return (sample) => fans.get(itemKey(sample.target))?.size ?? 0;
}

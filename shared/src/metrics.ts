// How well scores order liked before disliked: AUC over all rows and per user, with intervals, and the rules any model must beat.
import { Random } from './random.ts';
import type { LabelledSample, Sample } from './sample.ts';

export interface ScoredRow {
  score: number;
  liked: boolean;
  user?: string | undefined;
}

/** Rows ordered by score, so that a weighted AUC takes one pass. */
interface Ranking {
  order: Uint32Array;
  /** Whether the row at this place of the order has the score of the one before. */
  tied: Uint8Array;
}

function rankingOf(scores: readonly number[]): Ranking {
  const order = Uint32Array.from(scores, (_, index) => index).sort((a, b) => scores[a]! - scores[b]!);
  const tied = Uint8Array.from(order, (index, at) => (at > 0 && scores[order[at - 1]!] === scores[index] ? 1 : 0));
  return { order, tied };
}

function weightedAuc(
  rows: readonly Pick<ScoredRow, 'liked'>[],
  { order, tied }: Ranking,
  weights: Uint32Array,
): number | null {
  let wins = 0;
  let likedTotal = 0;
  let dislikedBelow = 0;
  let [liked, disliked] = [0, 0];
  for (let at = 0; at <= order.length; at++) {
    if (at === order.length || tied[at] === 0) {
      wins += liked * (dislikedBelow + disliked / 2);
      likedTotal += liked;
      dislikedBelow += disliked;
      [liked, disliked] = [0, 0];
    }
    if (at === order.length) break;
    const index = order[at]!;
    if (rows[index]!.liked) liked += weights[index]!;
    else disliked += weights[index]!;
  }
  return likedTotal === 0 || dislikedBelow === 0 ? null : wins / (likedTotal * dislikedBelow);
}

function assertFinite(scores: readonly number[]): void {
  const at = scores.findIndex((score) => !Number.isFinite(score));
  if (at >= 0) throw new RangeError(`the score of row ${at} is ${scores[at]}, not a finite number`);
}

/**
 * Area under the ROC curve: the chance that a liked row scores above a disliked one, ties counting half (Mann and Whitney).
 * @returns null where one of the two classes is missing
 * @throws RangeError on a score that is not finite
 */
export function auc(rows: readonly ScoredRow[]): number | null {
  const scores = rows.map(({ score }) => score);
  assertFinite(scores);
  return weightedAuc(rows, rankingOf(scores), new Uint32Array(rows.length).fill(1));
}

export interface PerUserAuc {
  /** Mean over the users that have both a liked and a disliked row; null where there is none. */
  mean: number | null;
  /** Users counted in the mean. */
  users: number;
}

function rowsByUser(rows: readonly Labelled[]): Map<string, number[]> {
  const byUser = new Map<string, number[]>();
  rows.forEach((row, index) => {
    if (row.user === undefined) return;
    const own = byUser.get(row.user);
    if (own) own.push(index);
    else byUser.set(row.user, [index]);
  });
  return byUser;
}

/** Of each user that has both classes. */
function ownAucs(rows: readonly ScoredRow[]): number[] {
  return [...rowsByUser(rows).values()]
    .map((indices) => auc(indices.map((index) => rows[index]!)))
    .filter((value) => value !== null);
}

/** Mean AUC within users (rows without a user are left out): what is left when users' base rates are taken away. */
export function perUserAuc(rows: readonly ScoredRow[]): PerUserAuc {
  const own = ownAucs(rows);
  return { mean: own.length ? own.reduce((sum, value) => sum + value, 0) / own.length : null, users: own.length };
}

/** A bootstrap over fewer clusters than this says little. */
export const MIN_RESAMPLED_USERS = 10;

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

interface BootstrapOptions {
  level?: number | undefined;
  resamples?: number | undefined;
  seed?: number | undefined;
}

/** What a bootstrap gave, one array of draws a scoring: the same draw has the same place in each. */
export interface Draws {
  resampled: Interval['resampled'];
  of: readonly (readonly number[])[];
}

/** A row without its score. */
export type Labelled = Omit<ScoredRow, 'score'>;

function rowsOf(labels: readonly Labelled[], scores: readonly number[]): ScoredRow[] {
  return labels.map((row, index) => ({ ...row, score: scores[index]! }));
}

/**
 * The AUC of several scorings of the same rows, over rows drawn again with replacement (Efron): by the same draws for all, so that
 * their differences can be judged too.
 * @param scorings of each, one score a row
 * @returns no draws where the AUC itself is undefined
 */
export function bootstrapAucs(
  labels: readonly Labelled[],
  scorings: readonly (readonly number[])[],
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): Draws {
  const random = Random.seeded(seed);
  for (const scores of scorings) assertFinite(scores);
  const rankings = scorings.map(rankingOf);
  const users = labels.every(({ user }) => user !== undefined) ? [...rowsByUser(labels).values()] : [];
  const clusters = users.length >= MIN_RESAMPLED_USERS ? users : labels.map((_, index) => [index]);
  const draws: number[][] = scorings.map(() => []);
  const weights = new Uint32Array(labels.length);
  const defined = labels.some(({ liked }) => liked) && labels.some(({ liked }) => !liked);
  for (let i = 0; i < resamples && defined; i++) {
    weights.fill(0);
    for (let k = 0; k < clusters.length; k++) {
      for (const index of clusters[random.integer(0, clusters.length - 1)]!) weights[index]!++;
    }
    const aucs = rankings.map((ranking) => weightedAuc(labels, ranking, weights));
    // A draw of one class alone is so for every scoring.
    for (const [at, draw] of aucs.entries()) if (draw !== null) draws[at]!.push(draw);
  }
  return { resampled: clusters === users ? 'users' : 'rows', of: draws };
}

/** As `bootstrapAucs`, of the mean within users. @returns no draws where there are too few users that have both classes */
export function bootstrapPerUserAucs(
  labels: readonly Labelled[],
  scorings: readonly (readonly number[])[],
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): Draws {
  const random = Random.seeded(seed);
  const own = scorings.map((scores) => ownAucs(rowsOf(labels, scores)));
  const users = own[0]?.length ?? 0;
  const draws: number[][] = scorings.map(() => []);
  for (let i = 0; i < resamples && users >= MIN_RESAMPLED_USERS; i++) {
    const sums = scorings.map(() => 0);
    for (let k = 0; k < users; k++) {
      const user = random.integer(0, users - 1);
      for (const [at, aucs] of own.entries()) sums[at]! += aucs[user]!;
    }
    for (const [at, sum] of sums.entries()) draws[at]!.push(sum / users);
  }
  return { resampled: 'users', of: draws };
}

/** @returns the interval between the tails of some draws; null where there are none */
export function percentileInterval(
  draws: readonly number[],
  { resampled, level = 0.95 }: Pick<Interval, 'resampled'> & { level?: number | undefined },
): Interval | null {
  if (draws.length === 0) return null;
  const sorted = draws.toSorted((a, b) => a - b);
  const quantile = (q: number) =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(q * (sorted.length - 1))))]!;
  const tail = (1 - level) / 2;
  return { low: quantile(tail), high: quantile(1 - tail), level, resampled };
}

/**
 * Percentile bootstrap interval of the AUC.
 * @returns null where the AUC itself is undefined
 */
export function bootstrapInterval(rows: readonly ScoredRow[], options: BootstrapOptions = {}): Interval | null {
  const { of, resampled } = bootstrapAucs(rows, [rows.map(({ score }) => score)], options);
  return percentileInterval(of[0]!, { resampled, level: options.level });
}

/** Rows whose scores lie between two bounds. */
export interface ScoreBin {
  liked: number;
  disliked: number;
  /** Null where it is empty. */
  meanScore: number | null;
}

/** Rows by their scores, in bins of one width; what lies on a border belongs to the bin above it, the highest to the last. */
export function scoreBins(
  rows: readonly ScoredRow[],
  { low, high, count }: { low: number; high: number; count: number },
): ScoreBin[] {
  const sums = Array.from({ length: count }, () => ({ liked: 0, disliked: 0, sum: 0 }));
  for (const { score, liked } of rows) {
    const place = high > low ? Math.floor((count * (score - low)) / (high - low)) : 0;
    const bin = sums[Math.min(count - 1, Math.max(0, place))]!;
    if (liked) bin.liked++;
    else bin.disliked++;
    bin.sum += score;
  }
  return sums.map(({ liked, disliked, sum }) => ({
    liked,
    disliked,
    meanScore: liked + disliked === 0 ? null : sum / (liked + disliked),
  }));
}

/**
 * Expected calibration error (Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017, eq. 3): how far the share of likes lies
 * from the mean probability in a bin, over all bins by their rows.
 * @returns null without rows
 */
export function expectedCalibrationError(bins: readonly ScoreBin[]): number | null {
  const n = bins.reduce((sum, { liked, disliked }) => sum + liked + disliked, 0);
  if (n === 0) return null;
  return bins.reduce((sum, { liked, disliked, meanScore }) => {
    const rows = liked + disliked;
    return meanScore === null ? sum : sum + (rows / n) * Math.abs(liked / rows - meanScore);
  }, 0);
}

/**
 * Mean squared distance of probabilities from what came true (Brier, Monthly Weather Review 1950): 0 is perfect, always 0.5 gives 0.25.
 * @returns null without rows
 */
export function brierScore(rows: readonly ScoredRow[]): number | null {
  if (rows.length === 0) return null;
  return rows.reduce((sum, { score, liked }) => sum + (score - (liked ? 1 : 0)) ** 2, 0) / rows.length;
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

// Fits a blend: the model's logits on the validation samples beside what the training samples' users thought of the items.
import { type Logits, RANK_FEATURES, rankFeatures, shareLogit, type WholeBlend } from '@tallrec/shared/blend';
import {
  featuresOfCounts,
  ItemOpinions,
  type ItemStatistics,
  itemFeatures,
  namedUser,
} from '@tallrec/shared/item-opinions';
import type { LabelledSample } from '@tallrec/shared/sample';
import { fitLogistic } from '../train/logistic-regression.ts';
import { fitRankWeights } from './fit-rank-weights.ts';

/** With fewer, a fit of three numbers says little. */
const MIN_SAMPLES = 10;

/**
 * Users who train do not validate: the model knows them. Where there are hardly any others, r keeps its prior weights and p is fit on
 * what there is. What others thought of an item never holds the opinion of the row's own user.
 * @param logits one pair a validation sample
 * @param train whose users' likes and ratings of items it goes by
 * @param facts of the same items, from elsewhere
 * @returns null where there are fewer than ten samples, or a class is missing
 */
export function fitBlend(
  valid: readonly LabelledSample[],
  logits: readonly Logits[],
  train: readonly LabelledSample[],
  facts?: ItemStatistics,
): WholeBlend | null {
  const opinions = new ItemOpinions(train);
  const items = opinions.statistics();
  const factsOf = facts && itemFeatures(facts);
  const all = valid.map(({ target, liked, user, history }, index) => {
    const counts = opinions.of(target, user === undefined ? undefined : namedUser(user));
    const features = rankFeatures(logits[index]!, featuresOfCounts(counts, items), factsOf?.(target));
    return { features, liked, user, share: shareLogit({ history }) };
  });
  const training = new Set(train.map(({ user }) => user));
  const others = all.filter(({ user }) => user === undefined || !training.has(user));
  const rows = isEnough(others) ? others : all.map((row) => ({ ...row, user: undefined }));
  if (!isEnough(rows)) return null;
  const { weights, users } = fitRankWeights(rows);
  const rank = Object.fromEntries(weights.map((weight, at) => [RANK_FEATURES[at]!, weight])) as WholeBlend['rank'];
  const r = rows.map(({ features }) => features.reduce((sum, value, at) => sum + weights[at]! * value, 0));
  return { rank, score: fitScore(r, rows), samples: rows.length, users, items, ...(facts ? { facts } : {}) };
}

function isEnough(rows: readonly { liked: boolean }[]): boolean {
  return rows.length >= MIN_SAMPLES && rows.some(({ liked }) => liked) && rows.some(({ liked }) => !liked);
}

/** Where higher r means fewer likes, r is left out: for one history both stages order alike. */
function fitScore(r: readonly number[], rows: readonly { share: number; liked: boolean }[]): WholeBlend['score'] {
  const fitted = (withRank: boolean) =>
    fitLogistic(
      rows.map(({ share }, index) => [withRank ? r[index]! : 0, share]),
      rows.map(({ liked }) => liked),
    );
  const first = fitted(true);
  const { bias, weights } = first.weights[0]! >= 0 ? first : fitted(false);
  return { bias, rank: weights[0]!, historyShare: weights[1]! };
}

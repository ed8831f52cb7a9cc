// A blend of two stages, fit on validation users: r, which of a user's candidates comes first, from the model's logit and what others
// thought of the item; and p, whether they will like it, from r and the share of their history that they liked.
import { z } from 'zod';
import { TallrecError } from './errors.ts';
import { type ItemFeatures, type ItemStatistics, itemFeatures, itemStatisticsSchema } from './item-opinions.ts';
import { LIMITS } from './limits.ts';
import type { Sample } from './sample.ts';

const atLeastZero = z.number().min(0);

export const blendSchema = z.object({
  /** r = logit · (yesLogit − noLogit) + fans · log(1 + users who liked the target) + itemMean · log-odds of its shrunk share of likes. */
  rank: z.object({
    logit: atLeastZero,
    fans: atLeastZero,
    itemMean: atLeastZero,
    /** The same two of the item facts that the tuning was given. */
    factFans: atLeastZero.optional(),
    factMean: atLeastZero.optional(),
  }),
  /** Log-odds of a like = bias + rank · r + historyShare · log-odds of the history's share of likes; for one history p orders as r does. */
  score: z.object({ bias: z.number(), rank: atLeastZero, historyShare: z.number() }),
  /** Validation samples that p was fit on. */
  samples: z.number().int().min(1).max(LIMITS.count),
  /** Users who do not train and have both a liked and a disliked one of them, by whom r was fit; without any it has its prior weights. */
  users: z.number().int().min(0).max(LIMITS.count),
});
/** Its weights: what is shown of it. */
export type Blend = z.infer<typeof blendSchema>;

/** With what it needs to score: likes and ratings of items. */
export const wholeBlendSchema = blendSchema.extend({
  items: itemStatisticsSchema,
  /** What people knew of the items beside their training samples. */
  facts: itemStatisticsSchema.optional(),
});
export type WholeBlend = z.infer<typeof wholeBlendSchema>;

export interface Logits {
  yesLogit: number;
  noLogit: number;
}

export interface BlendedScore {
  /** r: it orders the candidates of one history, and says nothing by itself. */
  rank: number;
  /** p as log-odds. */
  logOdds: number;
}

/** What r is made of, in the order of its weights. */
export const RANK_FEATURES = [
  'logit',
  'fans',
  'itemMean',
  'factFans',
  'factMean',
] as const satisfies readonly (keyof Blend['rank'])[];

export function rankFeatures(
  { yesLogit, noLogit }: Logits,
  { fans, itemMean }: ItemFeatures,
  facts?: ItemFeatures,
): number[] {
  return [yesLogit - noLogit, fans, itemMean, ...(facts ? [facts.fans, facts.itemMean] : [])];
}

/** Log-odds of the share of a history that was liked, with half a like and half a dislike added. */
export function shareLogit({ history }: Pick<Sample, 'history'>): number {
  const likes = history.filter(({ liked }) => liked).length;
  return Math.log((likes + 0.5) / (history.length - likes + 0.5));
}

/** Why facts about items say nothing to an adapter with this blend; null where it weighs them. */
export function factsProblem(blend: Pick<Blend, 'rank'> | null | undefined): string | null {
  if (!blend) return 'the adapter has no blend, so facts about items say nothing to it.';
  const { factFans, factMean } = blend.rank;
  if (factFans !== undefined || factMean !== undefined) return null;
  return "the adapter's blend was fit without facts about items, so it has no weights for them.";
}
export const FACTS_FIX = 'Tune an adapter with items first, or leave items out.';

/**
 * Other facts, such as newer counts, in place of those that it was fit with, by the same weights.
 * @throws TallrecError VALIDATION_FAILED where it has no weights for them
 */
export function withFacts(blend: WholeBlend | null | undefined, facts: ItemStatistics): WholeBlend {
  const problem = factsProblem(blend);
  if (blend && problem === null) return { ...blend, facts };
  throw new TallrecError('VALIDATION_FAILED', `items: ${problem}`, { fix: FACTS_FIX });
}

export type Blender = (sample: Sample, logits: Logits) => BlendedScore;

export function blender({ rank: weights, score, items, facts }: WholeBlend): Blender {
  const featuresOf = itemFeatures(items);
  const factsOf = facts && itemFeatures(facts);
  return (sample, logits) => {
    const features = rankFeatures(logits, featuresOf(sample.target), factsOf?.(sample.target));
    const rank = features.reduce((sum, value, at) => sum + (weights[RANK_FEATURES[at]!] ?? 0) * value, 0);
    return { rank, logOdds: score.bias + score.rank * rank + score.historyShare * shareLogit(sample) };
  };
}

/** The probability that such log-odds stand for. */
export function probabilityOf(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

// A blend: the model's logit, the share of history liked and item popularity in one logistic model, fit on validation samples.
import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { historyShare } from './metrics.ts';
import type { Sample } from './sample.ts';

const finite = z.number();

/** log-odds of a like = bias + logit · (yesLogit − noLogit) + historyShare · share of history liked + popularity · log(1 + fans). */
export const blendWeightsSchema = z.object({
  bias: finite,
  logit: finite,
  historyShare: finite,
  /** Fans: users of the training samples who liked the target. */
  popularity: finite.optional(),
});
export type BlendWeights = z.infer<typeof blendWeightsSchema>;

/** It stands beside a score and never in its place. */
export const blendSchema = z.object({
  /** Where no training samples are at hand. */
  weights: blendWeightsSchema,
  /** Where they are; null when the fit had none. */
  withPopularity: blendWeightsSchema.required().nullable(),
  /** Validation samples that it was fit on. */
  samples: z.number().int().min(1).max(LIMITS.count),
});
export type Blend = z.infer<typeof blendSchema>;

export interface Logits {
  yesLogit: number;
  noLogit: number;
}
export type Popularity = (sample: Pick<Sample, 'target'>) => number;

/** The features of a sample, in the order of the weights after the bias. */
export function blendFeatures(sample: Sample, { yesLogit, noLogit }: Logits, popularity?: Popularity): number[] {
  const features = [yesLogit - noLogit, historyShare(sample)];
  return popularity ? [...features, Math.log1p(popularity(sample))] : features;
}

/**
 * The log-odds of a like for samples and their logits.
 * @param popularity of `itemPopularity`, where training samples are at hand
 */
export function blendLogit(blend: Blend, popularity?: Popularity): (sample: Sample, logits: Logits) => number {
  const known = blend.withPopularity && popularity;
  const weights: BlendWeights = known ? blend.withPopularity! : blend.weights;
  const factors = [weights.logit, weights.historyShare, weights.popularity ?? 0];
  return (sample, logits) =>
    blendFeatures(sample, logits, known ? popularity : undefined).reduce(
      (sum, feature, i) => sum + factors[i]! * feature,
      weights.bias,
    );
}

/** The probability that such log-odds stand for. */
export function probabilityOf(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

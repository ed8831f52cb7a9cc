// Fits the blend of a tuned model: its logits on the validation samples beside the two rules that need no model.
import { type Blend, type BlendWeights, blendFeatures, type Logits, type Popularity } from '@tallrec/shared/blend';
import { itemPopularity } from '@tallrec/shared/metrics';
import type { LabelledSample } from '@tallrec/shared/sample';
import { fitLogistic } from './logistic-regression.ts';

/** With fewer, a fit of four numbers says little. */
const MIN_SAMPLES = 10;

/**
 * @param logits one pair a validation sample
 * @param train for item popularity
 * @returns null where there are fewer than ten samples, or a class is missing
 */
export function fitBlend(
  valid: readonly LabelledSample[],
  logits: readonly Logits[],
  train: readonly LabelledSample[],
): Blend | null {
  const labels = valid.map(({ liked }) => liked);
  if (valid.length < MIN_SAMPLES || !labels.includes(true) || !labels.includes(false)) return null;
  const fitted = (popularity?: Popularity) =>
    fitLogistic(
      valid.map((sample, index) => blendFeatures(sample, logits[index]!, popularity)),
      labels,
    );
  const named = ({ bias, weights }: ReturnType<typeof fitted>): BlendWeights => ({
    bias,
    logit: weights[0]!,
    historyShare: weights[1]!,
  });
  const plain = named(fitted());
  if (train.length === 0) return { weights: plain, withPopularity: null, samples: valid.length };
  const withFans = fitted(itemPopularity(train));
  return {
    weights: plain,
    withPopularity: { ...named(withFans), popularity: withFans.weights[2]! },
    samples: valid.length,
  };
}

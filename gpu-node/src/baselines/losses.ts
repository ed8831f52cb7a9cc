// What the recommenders minimise: the pointwise loss on the target, and DROS's robustness to a shift in what is popular.
import * as tf from '@tensorflow/tfjs-core';

export interface Labelled {
  /** [B] item numbers. */
  targets: tf.Tensor1D;
  /** [B] 1 for liked, 0 for disliked. */
  labels: tf.Tensor1D;
}

/** Mean binary cross-entropy with logits. @param logits [B] */
export function pointwiseLoss(logits: tf.Tensor1D, labels: tf.Tensor1D): tf.Scalar {
  return tf.losses.sigmoidCrossEntropy(labels, logits) as tf.Scalar;
}

/** How far the distribution of popularity is flattened before it weighs the items. */
const POPULARITY_POWER = 0.05;

/** ps = ((count + 1) / Σ (count + 1))^0.05. @param counts of each item in training */
export function popularityWeights(counts: readonly number[]): Float32Array {
  const total = counts.reduce((sum, count) => sum + count + 1, 0);
  return Float32Array.from(counts, (count) => ((count + 1) / total) ** POPULARITY_POWER);
}

/**
 * The distributionally robust part of DROS (Yang et al., SIGIR 2023), over the rows that were liked:
 * mean log(Σᵢ exp(psᵢ sᵢ²/β) − exp(psₜ sₜ²/β) + exp(psₜ (sₜ − 1)²/β)), t the target.
 * @param logits [B, items]
 * @param popularity [items]
 * @returns 0 where no row was liked
 */
export function robustLoss(
  logits: tf.Tensor2D,
  { targets, labels }: Labelled,
  popularity: tf.Tensor1D,
  beta: number,
): tf.Scalar {
  const target = tf.cast(tf.oneHot(targets, logits.shape[1]), 'float32'); // [B, items]
  // The target's term is exchanged before the sum, so that the logarithm of the sum of exponentials cannot overflow.
  const exponents = tf.div(tf.mul(popularity, tf.square(tf.sub(logits, target))), beta);
  const rows = tf.logSumExp(exponents, 1);
  return tf.div(tf.sum(tf.mul(rows, labels)), tf.maximum(tf.sum(labels), 1)) as tf.Scalar;
}

// The architectures of the conventional rows: which encoder, with or without titles' sentence embeddings, with or without DROS.
import * as tf from '@tensorflow/tfjs-core';
import { caser } from './caser.ts';
import { gru4rec } from './gru4rec.ts';
import { type Labelled, pointwiseLoss, robustLoss } from './losses.ts';
import { allLogits, type Encoder, type EncoderInput, targetLogits } from './recommender.ts';
import { sasrec } from './sasrec.ts';

export interface Architecture {
  encoder: Encoder;
  /** Trained with the robust loss. */
  robust: boolean;
  /** Reads sentence embeddings. */
  text: boolean;
}

export const ARCHITECTURES = {
  gru4rec: { encoder: gru4rec, robust: false, text: false },
  caser: { encoder: caser, robust: false, text: false },
  sasrec: { encoder: sasrec, robust: false, text: false },
  'dros-gru': { encoder: gru4rec, robust: true, text: false },
  'dros-sasrec': { encoder: sasrec, robust: true, text: false },
  'gru-bert': { encoder: gru4rec, robust: false, text: true },
  'dros-bert': { encoder: gru4rec, robust: true, text: true },
} as const satisfies Record<string, Architecture>;

export type ArchitectureName = keyof typeof ARCHITECTURES;

export const ARCHITECTURE_NAMES = Object.keys(ARCHITECTURES) as ArchitectureName[];

export interface Robustness {
  /** Weight of the robust part; 0 switches it off. */
  alpha: number;
  beta: number;
  /** [items], see popularityWeights. */
  popularity: tf.Tensor1D;
}

/** The loss of a batch. Without `robustness`, or with α = 0, only the targets' logits are computed. */
export function batchLoss(
  encoder: Encoder,
  input: EncoderInput,
  batch: Labelled,
  robustness: Robustness | undefined,
): tf.Scalar {
  const codes = encoder.encode(input);
  const pointwise = pointwiseLoss(targetLogits(codes, batch.targets, input.weights), batch.labels);
  if (!robustness || robustness.alpha === 0) return pointwise;
  const robust = robustLoss(allLogits(codes, input.weights), batch, robustness.popularity, robustness.beta);
  return tf.add(pointwise, tf.mul(robust, robustness.alpha)) as tf.Scalar;
}

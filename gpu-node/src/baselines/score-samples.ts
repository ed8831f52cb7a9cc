// Scores by trained weights: what training has not seen is taken as the mean of what it has.
import * as tf from '@tensorflow/tfjs-core';
import type { Catalogue, EncodedSamples } from './catalogue.ts';
import { type Encoder, noDropout, type Sizes, targetLogits } from './recommender.ts';

/** By their PyTorch names. */
export type TrainedWeights = Readonly<Record<string, { shape: readonly number[]; values: Float32Array }>>;

export interface Scoring {
  samples: EncodedSamples;
  /** Of the training items and of all that the samples hold. */
  catalogue: Catalogue;
  /** [catalogue.items, textDim] */
  text: Float32Array | undefined;
}

const BATCH = 1024;

/** @returns [N] the logit of each sample's target */
export async function scoreSamples(
  encoder: Encoder,
  sizes: Sizes,
  trained: TrainedWeights,
  { samples, catalogue, text }: Scoring,
  { onBatch }: { onBatch?: (done: number) => void } = {},
): Promise<Float32Array> {
  const weights = tf.tidy(() => scoringWeights(trained, catalogue));
  const textTable = text && tf.tensor2d(text, [catalogue.items.length, sizes.textDim]);
  const scores = new Float32Array(samples.count);
  try {
    for (let from = 0; from < samples.count; from += BATCH) {
      const to = Math.min(samples.count, from + BATCH);
      const logits = tf.tidy(() => {
        const rows = samples.histories.subarray(from * samples.length, to * samples.length);
        const histories = {
          items: tf.tensor2d(rows, [to - from, samples.length], 'int32'),
          lengths: tf.tensor1d(samples.lengths.subarray(from, to), 'int32'),
        };
        const codes = encoder.encode({ weights, sizes, histories, text: textTable, dropout: noDropout });
        return targetLogits(codes, tf.tensor1d(samples.targets.subarray(from, to), 'int32'), weights);
      });
      scores.set(await logits.data(), from);
      logits.dispose();
      onBatch?.(to);
    }
  } finally {
    tf.dispose([...Object.values(weights), ...(textTable ? [textTable] : [])]);
  }
  return scores;
}

/** The weights with a row for every item of the catalogue. */
function scoringWeights(trained: TrainedWeights, catalogue: Catalogue): Record<string, tf.Tensor> {
  const weights = Object.fromEntries(
    Object.entries(trained).map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])]),
  );
  const { read, judged } = catalogue;
  // Liked and disliked targets count alike: Adam moves the weights of every item equally far, so that a plain mean would hold the
  // share of liked targets as a direction, by which longer histories score high or low whatever they hold.
  const targets = [judged.liked, judged.disliked];
  return {
    ...weights,
    'item.weight': completed(weights['item.weight']!, [read], catalogue),
    'out.weight': completed(weights['out.weight']!, targets, catalogue),
    'out.bias': completed(weights['out.bias']!, targets, catalogue),
  };
}

/**
 * @param table [rows, …]
 * @param groups numbers of the rows that training has changed; other items get the mean of the groups' means
 * @returns [catalogue.items, …]
 */
function completed(table: tf.Tensor, groups: readonly (readonly number[])[], catalogue: Catalogue): tf.Tensor {
  const rows = table.shape[0]!;
  const learned = groups.filter((group) => group.length > 0);
  if (learned.length === 0) return tf.zeros([catalogue.items.length, ...table.shape.slice(1)]);
  const means = learned.map((group) => tf.mean(tf.gather(table, tf.tensor1d([...group], 'int32')), 0, true));
  const mean = tf.mean(tf.concat(means, 0), 0, true);
  const sources = new Int32Array(catalogue.items.length).fill(rows);
  for (const number of learned.flat()) sources[number] = number;
  return tf.gather(tf.concat([table, mean], 0), tf.tensor1d(sources, 'int32'));
}

// SASRec (Kang and McAuley, ICDM 2018) as in the published DROS code: one block of causal self-attention with a single head.
import * as tf from '@tensorflow/tfjs-core';
import {
  EMBEDDING,
  type Encoder,
  type EncoderInput,
  embed,
  linear,
  linearSpecs,
  positionMask,
  type WeightSpec,
  type Weights,
} from './recommender.ts';

const LAYER_NORM_EPSILON = 1e-5;
const MASKED = -(2 ** 32) + 1;

export const sasrec: Encoder = {
  width: ({ hidden }) => hidden,

  weights: ({ hidden, length }) => {
    const specs: Record<string, WeightSpec> = { 'pos.weight': { shape: [length, hidden], initial: EMBEDDING } };
    for (const name of ['ln1', 'ln2', 'ln3', 'ln4']) {
      specs[`${name}.weight`] = { shape: [hidden], initial: { constant: 1 } };
      specs[`${name}.bias`] = { shape: [hidden], initial: { constant: 0 } };
    }
    for (const name of ['q', 'k', 'v', 'w1', 'w2']) Object.assign(specs, linearSpecs(name, hidden, hidden));
    return specs;
  },

  encode: (input) => {
    const { weights, histories, dropout } = input;
    const mask = positionMask(histories); // [B, T, 1]
    const sequence = tf.mul(dropout(tf.add(embed(input), weights['pos.weight']!)), mask); // [B, T, H]
    const queries = layerNorm(sequence, weights, 'ln1');
    const attended = tf.add(attend(queries, sequence, mask, input), queries);
    const before = layerNorm(attended, weights, 'ln2');
    const inner = dropout(tf.relu(linear(before, weights, 'w1')));
    const after = layerNorm(tf.add(dropout(linear(inner, weights, 'w2')), before), weights, 'ln4');
    return lastItem(layerNorm(tf.mul(after, mask), weights, 'ln3'), histories.lengths);
  },
};

/** Attention to the items up to each position's own. @returns [B, T, H] */
function attend(
  queries: tf.Tensor,
  sequence: tf.Tensor,
  mask: tf.Tensor3D,
  { weights, sizes, dropout }: EncoderInput,
): tf.Tensor {
  const length = sequence.shape[1]!;
  const q = linear(queries, weights, 'q') as tf.Tensor3D;
  const k = linear(sequence, weights, 'k') as tf.Tensor3D;
  const v = linear(sequence, weights, 'v') as tf.Tensor3D;
  const scores = tf.div(tf.matMul(q, k, false, true), Math.sqrt(sizes.hidden)); // [B, T, T]
  const positions = tf.range(0, length, 1, 'int32');
  const notLater = tf.lessEqual(tf.reshape(positions, [1, length]), tf.reshape(positions, [length, 1])); // [T, T]
  const visible = tf.mul(tf.cast(notLater, 'float32'), tf.transpose(mask, [0, 2, 1])); // [B, T, T]
  const shares = tf.softmax(tf.add(tf.mul(scores, visible), tf.mul(tf.sub(1, visible), MASKED)));
  return tf.matMul(dropout(tf.mul(shares, mask)) as tf.Tensor3D, v);
}

/** torch.nn.LayerNorm over the last axis. */
function layerNorm(x: tf.Tensor, weights: Weights, name: string): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, LAYER_NORM_EPSILON)));
  return tf.add(tf.mul(normal, weights[`${name}.weight`]!), weights[`${name}.bias`]!);
}

/** The state at the last item of each history (at the first position of an empty one). @param states [B, T, H] */
function lastItem(states: tf.Tensor, lengths: tf.Tensor1D): tf.Tensor2D {
  const [batch, length, hidden] = states.shape as [number, number, number];
  const last = tf.maximum(tf.sub(lengths, 1), 0);
  const rows = tf.cast(tf.add(tf.mul(tf.range(0, batch, 1, 'int32'), length), last), 'int32');
  return tf.gather(tf.reshape(states, [batch * length, hidden]), rows) as tf.Tensor2D;
}

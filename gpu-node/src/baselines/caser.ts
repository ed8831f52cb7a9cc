// Caser (Tang and Wang, WSDM 2018) as in the published DROS code: horizontal filters of several heights, one vertical filter.
import * as tf from '@tensorflow/tfjs-core';
import { type Encoder, embed, positionMask, product, type WeightSpec } from './recommender.ts';

/** Convolutions are slices, concatenation and one product, since not every backend has the gradient of a convolution. */
export const caser: Encoder = {
  width: ({ hidden, filters, heights }) => heights.length * filters + hidden,

  weights: ({ hidden, length, filters, heights }) => {
    const specs: Record<string, WeightSpec> = {};
    heights.forEach((height, i) => {
      const fan = height * hidden;
      specs[`h.${i}.weight`] = {
        shape: [filters, 1, height, hidden],
        initial: { normal: Math.sqrt(2 / (fan * (1 + filters))) },
      };
      specs[`h.${i}.bias`] = { shape: [filters], initial: { constant: 0.1 } };
    });
    specs['v.weight'] = { shape: [1, 1, length, 1], initial: { normal: Math.sqrt(1 / length) } };
    specs['v.bias'] = { shape: [1], initial: { constant: 0.1 } };
    return specs;
  },

  encode: (input) => {
    const { weights, histories, sizes, dropout } = input;
    const items = tf.mul(embed(input), positionMask(histories)) as tf.Tensor3D; // [B, T, H]
    const horizontal = sizes.heights.map((height, i) =>
      strongest(items, height, weights[`h.${i}.weight`]!, weights[`h.${i}.bias`]!),
    );
    const vertical = tf.sum(tf.mul(items, tf.reshape(weights['v.weight']!, [1, sizes.length, 1])), 1); // [B, H]
    const codes = tf.concat([...horizontal, tf.relu(tf.add(vertical, weights['v.bias']!))] as tf.Tensor2D[], 1);
    return dropout(codes) as tf.Tensor2D;
  },
};

/** Each filter's strongest answer over all windows of `height` items. @param items [B, T, H] @returns [B, F] */
function strongest(items: tf.Tensor3D, height: number, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const [batch, length, hidden] = items.shape;
  const filters = weight.shape[0]!;
  const windows = length - height + 1;
  const shifted = Array.from({ length: height }, (_, j) => tf.slice(items, [0, j, 0], [batch, windows, hidden]));
  const flat = tf.reshape(tf.concat(shifted, 2), [batch * windows, height * hidden]);
  const answers = tf.relu(tf.add(product(flat, tf.reshape(weight, [filters, -1])), bias));
  return firstMaximum(tf.transpose(tf.reshape(answers, [batch, windows, filters]), [0, 2, 1]));
}

/**
 * Maximum over the last axis whose gradient goes to the first of equal entries, as PyTorch's pooling; TensorFlow.js's own gives it
 * to each of them, and windows of padding alone are equal.
 */
function firstMaximum(x: tf.Tensor): tf.Tensor {
  const entries = x.shape.at(-1)!;
  // Of one there is nothing to choose, and TensorFlow.js knows no one-hot of one class.
  if (entries === 1) return tf.sum(x, -1);
  const first = tf.cast(tf.oneHot(tf.argMax(x, -1), entries), 'float32');
  return tf.sum(tf.mul(x, first), -1);
}

// GRU4Rec (Hidasi et al., ICLR 2016) as in the published DROS code: one GRU layer, its state after the last item.
import * as tf from '@tensorflow/tfjs-core';
import { type Encoder, type EncoderInput, embed, positionMask } from './recommender.ts';

/** With `textDim` > 0 each item's sentence embedding follows its own: GRU-BERT. */
export const gru4rec: Encoder = {
  width: ({ hidden }) => hidden,

  weights: ({ hidden, textDim }) => {
    const initial = { uniform: 1 / Math.sqrt(hidden) };
    return {
      'gru.weight_ih_l0': { shape: [3 * hidden, hidden + textDim], initial },
      'gru.weight_hh_l0': { shape: [3 * hidden, hidden], initial },
      'gru.bias_ih_l0': { shape: [3 * hidden], initial },
      'gru.bias_hh_l0': { shape: [3 * hidden], initial },
    };
  },

  encode: (input) => {
    const { weights, histories, sizes, dropout } = input;
    const { hidden } = sizes;
    const [batch, length] = histories.items.shape;
    const inputs = dropout(withText(embed(input), input)); // [B, T, H + textDim]
    const flat = tf.reshape(inputs, [batch * length, -1]);
    const fromInput = tf.add(tf.matMul(flat, weights['gru.weight_ih_l0']!, false, true), weights['gru.bias_ih_l0']!);
    const steps = tf.unstack(tf.reshape(fromInput, [batch, length, 3 * hidden]), 1); // T × [B, 3H]
    const masks = tf.unstack(positionMask(histories), 1); // T × [B, 1]
    let state: tf.Tensor = tf.zeros([batch, hidden]);
    steps.forEach((step, t) => {
      // Where a history has ended its state stays.
      state = tf.add(state, tf.mul(masks[t]!, tf.sub(next(state, step, input), state)));
    });
    return state as tf.Tensor2D;
  },
};

/** One step in PyTorch's form: n = tanh(x_n + r ∘ (W_hn h + b_hn)). @param state [B, H] @param fromInput [B, 3H] */
function next(state: tf.Tensor, fromInput: tf.Tensor, { weights }: EncoderInput): tf.Tensor {
  const fromState = tf.add(tf.matMul(state, weights['gru.weight_hh_l0']!, false, true), weights['gru.bias_hh_l0']!);
  const [xr, xz, xn] = tf.split(fromInput, 3, 1);
  const [hr, hz, hn] = tf.split(fromState, 3, 1);
  const reset = tf.sigmoid(tf.add(xr!, hr!));
  const update = tf.sigmoid(tf.add(xz!, hz!));
  const candidate = tf.tanh(tf.add(xn!, tf.mul(reset, hn!)));
  return tf.add(candidate, tf.mul(update, tf.sub(state, candidate)));
}

function withText(items: tf.Tensor3D, { text, histories, sizes }: EncoderInput): tf.Tensor {
  if (sizes.textDim === 0) return items;
  return tf.concat([items as tf.Tensor, tf.gather(text!, histories.items)], 2);
}

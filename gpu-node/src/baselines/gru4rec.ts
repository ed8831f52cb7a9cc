// GRU4Rec (Hidasi et al., ICLR 2016) as in the published DROS code: one GRU layer, its state after the last item.
import * as tf from '@tensorflow/tfjs-core';
import { type Encoder, type EncoderInput, positionMask, product } from './recommender.ts';

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
    const { histories, sizes, dropout } = input;
    const [batch] = histories.items.shape;
    const steps = tf.unstack(projected(input), 1); // T × [B, 3H]
    const masks = tf.unstack(positionMask(histories), 1); // T × [B, 1]
    let state: tf.Tensor = tf.zeros([batch, sizes.hidden]);
    steps.forEach((step, t) => {
      // Where a history has ended its state stays.
      state = tf.add(state, tf.mul(masks[t]!, tf.sub(next(state, step, input), state)));
    });
    return dropout(state) as tf.Tensor2D;
  },
};

/** W_i x + b_i at every position: of each item once where the table is shorter than the batch. @returns [B, T, 3H] */
function projected({ weights, histories, sizes, text }: EncoderInput): tf.Tensor {
  const [batch, length] = histories.items.shape;
  const project = (rows: tf.Tensor) => tf.add(product(rows, weights['gru.weight_ih_l0']!), weights['gru.bias_ih_l0']!);
  const positions = tf.reshape(histories.items, [batch * length]);
  const withText = (items: tf.Tensor, texts: tf.Tensor | undefined) => (texts ? tf.concat([items, texts], 1) : items);
  const table = weights['item.weight']!;
  const rows =
    table.shape[0]! < batch * length
      ? tf.gather(project(withText(table, text)), positions)
      : project(withText(tf.gather(table, positions), text && tf.gather(text, positions)));
  return tf.reshape(rows, [batch, length, 3 * sizes.hidden]);
}

/** One step in PyTorch's form: n = tanh(x_n + r ∘ (W_hn h + b_hn)). @param state [B, H] @param fromInput [B, 3H] */
function next(state: tf.Tensor, fromInput: tf.Tensor, { weights }: EncoderInput): tf.Tensor {
  const fromState = tf.add(product(state, weights['gru.weight_hh_l0']!), weights['gru.bias_hh_l0']!);
  const [xr, xz, xn] = tf.split(fromInput, 3, 1);
  const [hr, hz, hn] = tf.split(fromState, 3, 1);
  const reset = tf.sigmoid(tf.add(xr!, hr!));
  const update = tf.sigmoid(tf.add(xz!, hz!));
  const candidate = tf.tanh(tf.add(xn!, tf.mul(reset, hn!)));
  return tf.add(candidate, tf.mul(update, tf.sub(state, candidate)));
}

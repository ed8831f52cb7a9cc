// What the conventional recommenders share: a sequence encoder over item embeddings, and one linear output an item.
import * as tf from '@tensorflow/tfjs-core';

export interface Sizes {
  /** Of the item embeddings and of the hidden state. */
  hidden: number;
  /** Items that can be scored; item number `items` is padding. */
  items: number;
  /** Positions of a history. */
  length: number;
  /** Of the sentence embedding that is concatenated to the item's; 0 without. */
  textDim: number;
  /** Of Caser: filters of each height. */
  filters: number;
  /** Of Caser: how many items a horizontal filter spans. */
  heights: readonly number[];
}

export type Weights = Readonly<Record<string, tf.Tensor>>;

export interface Histories {
  /** [B, T] item numbers, oldest first, padded at the end. */
  items: tf.Tensor2D;
  /** [B] how many of each are not padding. */
  lengths: tf.Tensor1D;
}

/** How a weight begins. */
export type Initial = { normal: number } | { uniform: number } | { constant: number };

export interface WeightSpec {
  shape: readonly number[];
  initial: Initial;
}

/** In training it sets a seeded share of the numbers to zero; in scoring it is the identity. */
export type Dropout = (x: tf.Tensor) => tf.Tensor;

export const noDropout: Dropout = (x) => x;

export interface EncoderInput {
  weights: Weights;
  histories: Histories;
  sizes: Sizes;
  /** [items + 1, textDim], not trained. */
  text: tf.Tensor2D | undefined;
  dropout: Dropout;
}

export interface Encoder {
  /** Numbers of a code, the width of the output layer. */
  width(sizes: Sizes): number;
  /** All weights but the output layer's, by their PyTorch names and layouts. */
  weights(sizes: Sizes): Record<string, WeightSpec>;
  /** @returns [B, width] */
  encode(input: EncoderInput): tf.Tensor2D;
}

/** Embeddings begin as those of the published DROS code. */
export const EMBEDDING: Initial = { normal: 0.01 };

/** PyTorch's start of a linear layer: uniform within 1/√inputs. */
export function linearSpecs(name: string, outputs: number, inputs: number): Record<string, WeightSpec> {
  const initial = { uniform: 1 / Math.sqrt(inputs) };
  return { [`${name}.weight`]: { shape: [outputs, inputs], initial }, [`${name}.bias`]: { shape: [outputs], initial } };
}

export function modelWeights(encoder: Encoder, sizes: Sizes): Record<string, WeightSpec> {
  return {
    'item.weight': { shape: [sizes.items + 1, sizes.hidden], initial: EMBEDDING },
    ...encoder.weights(sizes),
    ...linearSpecs('out', sizes.items, encoder.width(sizes)),
  };
}

/**
 * y = x Wᵀ. On WebAssembly only a product without transposed operands is fast, and TensorFlow.js's own gradient asks for them.
 * @param x [N, I]
 * @param weight [O, I]
 * @returns [N, O]
 */
export function product(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return productWithGradient(x, weight);
}

const productWithGradient = tf.customGrad((...inputs) => {
  const [x, weight, save] = inputs as unknown as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
  save([x, weight]);
  return {
    value: tf.matMul(x, tf.transpose(weight)),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.matMul(dy, saved[1]!), tf.matMul(tf.transpose(dy), saved[0]!)],
  };
});

/** y = x Wᵀ + b over the last axis, as torch.nn.Linear. */
export function linear(x: tf.Tensor, weights: Weights, name: string): tf.Tensor {
  const weight = weights[`${name}.weight`]!;
  const y = tf.add(product(tf.reshape(x, [-1, x.shape.at(-1)!]), weight), weights[`${name}.bias`]!);
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]!]);
}

/** [B, T, 1]: 1 where a position holds an item, 0 where it is padding. */
export function positionMask({ items, lengths }: Histories): tf.Tensor3D {
  const [batch, length] = items.shape;
  const positions = tf.reshape(tf.range(0, length, 1, 'int32'), [1, length]);
  const held = tf.less(positions, tf.reshape(lengths, [batch, 1])); // [B, T]
  return tf.reshape(tf.cast(held, 'float32'), [batch, length, 1]);
}

/** Item embeddings of a history. @returns [B, T, H] */
export function embed({ weights, histories }: EncoderInput): tf.Tensor3D {
  return tf.gather(weights['item.weight']!, histories.items) as tf.Tensor3D;
}

/** @param codes [B, width] @returns [B, items] */
export function allLogits(codes: tf.Tensor2D, weights: Weights): tf.Tensor2D {
  return linear(codes, weights, 'out') as tf.Tensor2D;
}

/** The logit of one item a row. @param codes [B, width] @param targets [B] @returns [B] */
export function targetLogits(codes: tf.Tensor2D, targets: tf.Tensor1D, weights: Weights): tf.Tensor1D {
  const rows = tf.gather(weights['out.weight']!, targets);
  return tf.add(tf.sum(tf.mul(codes, rows), 1), tf.gather(weights['out.bias']!, targets)) as tf.Tensor1D;
}

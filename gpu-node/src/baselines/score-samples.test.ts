import type { LabelledSample } from '@tallrec/shared/sample';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { catalogueOf, encodeSamples, extended } from './catalogue.ts';
import type { Encoder, Sizes } from './recommender.ts';
import { scoreSamples } from './score-samples.ts';
import { openTensorflow } from './tensorflow.ts';

beforeAll(async () => {
  await openTensorflow();
});

/** Every history has the code 1, so that a logit is the target's weight and bias. */
const constant: Encoder = {
  width: () => 1,
  weights: () => ({}),
  encode: ({ histories }) => tf.ones([histories.items.shape[0], 1]),
};
const sizes: Sizes = { hidden: 1, items: 5, length: 4, textDim: 0, filters: 1, heights: [2] };

const sample = (title: string, liked: boolean): LabelledSample => ({
  noun: 'book',
  history: [{ title: 'read', liked: true }],
  target: { title },
  liked,
});

it('takes an unknown target as one that is as likely liked as not, however many of either were learned', async () => {
  const train = [sample('a', true), sample('b', false), sample('c', false), sample('d', false)];
  const catalogue = catalogueOf(train);
  const samples = [sample('a', true), sample('never seen', true)];
  const all = extended(catalogue, samples);
  // "read" is item 0, which was no target.
  const weights = {
    'item.weight': { shape: [6, 1], values: new Float32Array(6) },
    'out.weight': { shape: [5, 1], values: Float32Array.of(100, 4, 0, 1, 2) },
    'out.bias': { shape: [5], values: Float32Array.of(100, 1, -1, -1, -1) },
  };
  const scores = await scoreSamples(constant, sizes, weights, {
    samples: encodeSamples(samples, all, sizes.length),
    catalogue: all,
    text: undefined,
  });
  expect([...scores]).toEqual([5, (4 + 1) / 2 + (1 - 1) / 2]);
});

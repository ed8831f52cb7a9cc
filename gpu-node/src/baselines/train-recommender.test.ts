import { auc, perUserAuc } from '@tallrec/shared/metrics';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURE_NAMES, ARCHITECTURES, type ArchitectureName } from './architectures.ts';
import { catalogueOf, encodeSamples, extended } from './catalogue.ts';
import { scoreSamples } from './score-samples.ts';
import { seededEncoder, seededSamples } from './seeded-samples.ts';
import { openTensorflow } from './tensorflow.ts';
import { evaluationInterval, type RecommenderSetting, startTraining, trainRecommender } from './train-recommender.ts';

const SETTING: RecommenderSetting = {
  learningRate: 1e-2,
  batchSize: 8,
  l2: 1e-6,
  dropout: 0.1,
  alpha: 0.1,
  beta: 1,
  maxSteps: 20,
  maxEpochs: 1,
  patience: 5,
};

async function prepared(name: ArchitectureName) {
  const samples = seededSamples(24);
  const catalogue = catalogueOf(samples);
  const vectors = await seededEncoder.embed(catalogue.items.map((item) => item?.title ?? 'padding'));
  const text = ARCHITECTURES[name].text ? Float32Array.from(vectors.flatMap((vector) => [...vector])) : undefined;
  const sizes = {
    hidden: 8,
    items: catalogue.known,
    length: 10,
    textDim: text ? 12 : 0,
    filters: 16,
    heights: [2, 3, 4],
  };
  return { train: encodeSamples(samples, catalogue, 10), sizes, counts: catalogue.counts, text, catalogue };
}

async function losses(
  name: ArchitectureName,
  seed: number,
  { steps = 20, ...change }: Partial<RecommenderSetting> & { steps?: number } = {},
): Promise<number[]> {
  const trainer = startTraining(ARCHITECTURES[name], await prepared(name), { ...SETTING, ...change }, seed);
  const all = Array.from({ length: steps }, () => trainer.step());
  trainer.dispose();
  return all;
}

describe('training', { timeout: 120_000 }, () => {
  it.each(ARCHITECTURE_NAMES)('%s loses the same on every backend over 20 steps', async (name) => {
    await openTensorflow('wasm');
    const onWasm = await losses(name, 1);
    await openTensorflow('cpu');
    const onCpu = await losses(name, 1);
    for (const [step, loss] of onWasm.entries())
      expect(Math.abs(loss - onCpu[step]!), `step ${step}`).toBeLessThan(1e-4);
    expect(onWasm.at(-1)).toBeLessThan(onWasm[0]!);
  });

  it('keeps no tensor', async () => {
    await openTensorflow('wasm');
    const data = await prepared('dros-bert');
    const { encoder } = ARCHITECTURES['dros-bert'];
    const before = tf.memory().numTensors;
    const trainer = startTraining(ARCHITECTURES['dros-bert'], data, SETTING, 0);
    trainer.step();
    const during = tf.memory().numTensors;
    for (let step = 0; step < 3; step++) {
      trainer.step();
      const scoring = { samples: data.train, catalogue: data.catalogue, text: data.text };
      await scoreSamples(encoder, data.sizes, await trainer.weights(), scoring);
    }
    expect(tf.memory().numTensors).toBe(during);
    trainer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('follows from its seed, its dropout and its decay', async () => {
    await openTensorflow('wasm');
    const plain = await losses('gru4rec', 1, { steps: 3, dropout: 0, l2: 0 });
    expect(plain).toEqual(await losses('gru4rec', 1, { steps: 3, dropout: 0, l2: 0 }));
    expect(plain).not.toEqual(await losses('gru4rec', 2, { steps: 3, dropout: 0, l2: 0 }));
    expect(plain).not.toEqual(await losses('gru4rec', 1, { steps: 3, l2: 0 }));
    expect(plain).not.toEqual(await losses('gru4rec', 1, { steps: 3, dropout: 0, l2: 0.01 }));
  });

  it('keeps the step that is best within users where that is asked for', async () => {
    await openTensorflow('wasm');
    const data = await prepared('caser');
    // Rows whose best step over all is not the best within users.
    const rows = seededSamples(60, { seed: 4 }).map((sample, i) => ({ ...sample, user: `user ${i % 3}` }));
    const catalogue = extended(data.catalogue, rows);
    const valid = { samples: encodeSamples(rows, catalogue, 10), catalogue, text: undefined };
    const best = async (judgedWithinUsers: boolean) => {
      const setting = { ...SETTING, learningRate: 1e-3, maxSteps: 120, patience: 12, judgedWithinUsers };
      const { weights, validAuc } = await trainRecommender(ARCHITECTURES.caser, data, valid, setting, { seed: 0 });
      const scores = await scoreSamples(ARCHITECTURES.caser.encoder, data.sizes, weights, valid);
      const scored = rows.map(({ liked, user }, i) => ({ liked, user, score: scores[i]! }));
      return { all: auc(scored)!, within: perUserAuc(scored).mean!, validAuc };
    };
    const [overall, within] = [await best(false), await best(true)];
    expect(within.within).toBeGreaterThan(overall.within);
    expect(overall.all).toBeGreaterThan(within.all);
    expect([overall.validAuc, within.validAuc]).toEqual([overall.all, within.within]);
  });

  it('switches DROS off by α = 0', async () => {
    await openTensorflow('wasm');
    const without = { steps: 3, alpha: 0 };
    expect(await losses('dros-gru', 1, without)).toEqual(await losses('gru4rec', 1, without));
  });
});

describe('evaluationInterval', () => {
  it.each([
    [1, 10],
    [8, 10],
    [400, 100],
  ])('of %d steps an epoch is %d', (steps, interval) => {
    expect(evaluationInterval(steps)).toBe(interval);
  });
});

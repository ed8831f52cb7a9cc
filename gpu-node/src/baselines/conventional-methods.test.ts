import { auc } from '@tallrec/shared/metrics';
import type { LabelledSample, Sample } from '@tallrec/shared/sample';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { conventionalMethods } from './conventional-methods.ts';
import { seededEncoder, seededSamples } from './seeded-samples.ts';
import { openTensorflow } from './tensorflow.ts';

const NAMES = ['gru4rec', 'caser', 'sasrec', 'dros', 'gru-bert', 'dros-bert'];
const short = { cacheDir: '', encoder: seededEncoder, learningRates: [1e-2], setting: { maxSteps: 10, maxEpochs: 1 } };

beforeAll(async () => {
  await openTensorflow('wasm');
});

function aucOf(samples: readonly LabelledSample[], scores: readonly number[]): number | null {
  return auc(samples.map(({ liked }, i) => ({ liked, score: scores[i]! })));
}

describe('conventionalMethods', () => {
  it('are those of the paper, the ones with text where there is an encoder', () => {
    expect(conventionalMethods(short).map(({ name }) => name)).toEqual(NAMES);
    expect(conventionalMethods({ cacheDir: '' }).map(({ name }) => name)).toEqual(NAMES.slice(0, 4));
  });
});

describe.each(conventionalMethods(short).map((method) => [method.name, method] as const))(
  '%s',
  { timeout: 120_000 },
  (name, method) => {
    const train = seededSamples(24);
    const valid = seededSamples(16, { seed: 1 });

    it('learns 32 samples by heart', async () => {
      const samples = seededSamples(32);
      const learner = conventionalMethods({ ...short, setting: { maxSteps: 300, dropout: 0 } }).find(
        (one) => one.name === name,
      )!;
      const fitted = await learner.fit({ train: samples, valid: samples }, { seed: 0 });
      expect(aucOf(samples, await fitted.score(samples))).toBe(1);
    });

    it('scores every sample with a number, unknown items and empty histories among them, the same for the same seed', async () => {
      const before = tf.memory().numTensors;
      const test: Sample[] = [
        ...valid,
        { noun: 'movie', history: [], target: { title: 'Item 1' } },
        { noun: 'movie', history: [{ title: 'Never seen', liked: true }], target: { title: 'Nor this' } },
        {
          noun: 'movie',
          history: Array.from({ length: 60 }, (_, i) => ({ title: `Item ${i}`, liked: true })),
          target: { title: 'Item 3' },
        },
      ];
      const fitted = await method.fit({ train, valid }, { seed: 3 });
      const scores = await fitted.score(test);
      expect(scores).toHaveLength(test.length);
      expect(scores.every(Number.isFinite)).toBe(true);
      expect(new Set(scores).size).toBeGreaterThan(valid.length / 2);
      expect(Number(fitted.chosen.step)).toBeGreaterThan(0);
      const again = await method.fit({ train, valid }, { seed: 3 });
      expect(await again.score(test)).toEqual(scores);
      expect(again.chosen).toEqual(fitted.chosen);
      const aborted = fitted.score(test, { signal: AbortSignal.abort() });
      await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await fitted.score(test.slice(5, 8)), 'whatever is scored beside it').toEqual(
        scores.slice(5, 8).map((score) => expect.closeTo(score, 5)),
      );
      expect(tf.memory().numTensors).toBe(before);
    });

    it('ends when it is told to', async () => {
      const before = tf.memory().numTensors;
      const controller = new AbortController();
      const onProgress = (done: number) => done >= 5 && controller.abort();
      const fit = method.fit({ train, valid }, { seed: 0, signal: controller.signal, onProgress });
      await expect(fit).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(tf.memory().numTensors).toBe(before);
    });
  },
);

it('is fit without both classes', { timeout: 120_000 }, async () => {
  const liked = seededSamples(8).map((sample) => ({ ...sample, liked: true }));
  const [gru4rec] = conventionalMethods(short);
  const fitted = await gru4rec!.fit({ train: liked, valid: liked }, { seed: 0 });
  expect((await fitted.score(liked)).every(Number.isFinite)).toBe(true);
});

it.each([
  ['train on', { train: [], valid: seededSamples(2) }],
  ['validate on', { train: seededSamples(2), valid: [] }],
])('says that there is nothing to %s', async (_, data) => {
  await expect(conventionalMethods(short)[0]!.fit(data, { seed: 0 })).rejects.toThrow(
    /samples to train on and others to validate on/,
  );
});

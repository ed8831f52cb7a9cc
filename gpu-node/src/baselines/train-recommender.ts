// Trains one recommender with one setting: Adam on the pointwise (and robust) loss, the best of its evaluations on validation.
import { auc, perUserAuc } from '@tallrec/shared/metrics';
import { Random } from '@tallrec/shared/random';
import * as tf from '@tensorflow/tfjs-core';
import { throwIfCancelled } from '../methods/cancelled.ts';
import { type Architecture, batchLoss, type Robustness } from './architectures.ts';
import { type EncodedSamples, picked } from './catalogue.ts';
import { popularityWeights } from './losses.ts';
import {
  type Dropout,
  type EncoderInput,
  modelWeights,
  type Sizes,
  type WeightSpec,
  type Weights,
} from './recommender.ts';
import { type Scoring, scoreSamples, type TrainedWeights } from './score-samples.ts';

export interface RecommenderSetting {
  learningRate: number;
  batchSize: number;
  /** Added to every gradient, times the weight, as torch.optim.Adam does. */
  l2: number;
  dropout: number;
  /** Of the robust loss, where the architecture has it. */
  alpha: number;
  beta: number;
  /** At least; and at least so many epochs. */
  maxSteps: number;
  maxEpochs: number;
  /** Evaluations without a better one before training ends. */
  patience: number;
  /** The best evaluation is the best within users, not over all rows. */
  judgedWithinUsers?: boolean | undefined;
}

export interface TrainingData {
  train: EncodedSamples;
  sizes: Sizes;
  /** [sizes.items] see Catalogue. */
  counts: readonly number[];
  /** [sizes.items + 1, textDim] */
  text: Float32Array | undefined;
}

export interface TrainingOptions {
  seed: number;
  signal?: AbortSignal | undefined;
  onStep?: ((step: number, of: number, loss: number) => void) | undefined;
}

export interface TrainedRecommender {
  weights: TrainedWeights;
  /** As it is judged: over all rows or within users. Null where validation lacks a class: then its lowest loss decides. */
  validAuc: number | null;
  step: number;
}

/** Steps between two evaluations: ten for a few shots, a quarter of an epoch for many. */
export function evaluationInterval(stepsOfEpoch: number): number {
  return Math.max(10, Math.ceil(stepsOfEpoch / 4));
}

/**
 * @param valid judged as any samples are scored
 * @throws TallrecError CANCELLED when aborted
 */
export async function trainRecommender(
  architecture: Architecture,
  data: TrainingData,
  valid: Scoring,
  setting: RecommenderSetting,
  options: TrainingOptions,
): Promise<TrainedRecommender> {
  const trainer = startTraining(architecture, data, setting, options.seed);
  try {
    const every = evaluationInterval(trainer.stepsOfEpoch);
    const steps = Math.max(setting.maxSteps, setting.maxEpochs * trainer.stepsOfEpoch);
    let best: (TrainedRecommender & { merit: number }) | undefined;
    let stale = 0;
    for (let step = 1; step <= steps && stale < setting.patience; step++) {
      throwIfCancelled(options.signal);
      const loss = trainer.step();
      options.onStep?.(step, steps, loss);
      if (step % every === 0 || step === steps) {
        const weights = await trainer.weights();
        const { validAuc, merit } = await judge(architecture, data.sizes, weights, valid, setting);
        stale = best && merit <= best.merit ? stale + 1 : 0;
        if (stale === 0) best = { weights, validAuc, step, merit };
        if (validAuc === 1) break;
      }
      // TensorFlow.js computes without waiting; an interrupt must get in.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { weights, validAuc, step } = best!;
    return { weights, validAuc, step };
  } finally {
    trainer.dispose();
  }
}

async function judge(
  architecture: Architecture,
  sizes: Sizes,
  weights: TrainedWeights,
  valid: Scoring,
  { judgedWithinUsers }: RecommenderSetting,
) {
  const scores = await scoreSamples(architecture.encoder, sizes, weights, valid);
  const { labels, users } = valid.samples;
  const rows = [...scores].map((score, i) => ({ score, liked: labels[i] === 1, user: users[i] }));
  const validAuc = judgedWithinUsers ? perUserAuc(rows).mean : auc(rows);
  const loss = scores.reduce(
    (sum, s, i) => sum + Math.max(s, 0) - s * labels[i]! + Math.log1p(Math.exp(-Math.abs(s))),
    0,
  );
  return { validAuc, merit: validAuc ?? -loss };
}

export interface Trainer {
  stepsOfEpoch: number;
  /** One batch. @returns its loss before the step */
  step(): number;
  weights(): Promise<TrainedWeights>;
  dispose(): void;
}

/** A training from its seeded start, one batch at a time. */
export function startTraining(
  { encoder, robust }: Architecture,
  { train, sizes, counts, text }: TrainingData,
  setting: RecommenderSetting,
  seed: number,
): Trainer {
  const random = Random.seeded(seed);
  const specs = Object.entries(modelWeights(encoder, sizes));
  const variables = specs.map(([, spec]) =>
    tf.tidy(() => tf.variable(tf.tensor(initialValues(spec, random), [...spec.shape]))),
  );
  const weights: Weights = Object.fromEntries(specs.map(([name], i) => [name, variables[i]!]));
  const constants = {
    text: text && tf.tensor2d(text, [sizes.items + 1, sizes.textDim]),
    popularity: robust ? tf.tensor1d(popularityWeights(counts)) : undefined,
  };
  const robustness: Robustness | undefined = constants.popularity && {
    alpha: setting.alpha,
    beta: setting.beta,
    popularity: constants.popularity,
  };
  const optimizer = tf.train.adam(setting.learningRate, 0.9, 0.999, 1e-8);
  let order: number[] = [];

  function step(): number {
    if (order.length === 0) order = random.shuffle(Array.from({ length: train.count }, (_, i) => i));
    const batch = picked(train, order.splice(0, setting.batchSize));
    return tf.tidy(() => {
      const input: EncoderInput = {
        weights,
        sizes,
        text: constants.text,
        histories: {
          items: tf.tensor2d(batch.histories, [batch.count, batch.length], 'int32'),
          lengths: tf.tensor1d(batch.lengths, 'int32'),
        },
        dropout: seededDropout(setting.dropout, random),
      };
      const labelled = { targets: tf.tensor1d(batch.targets, 'int32'), labels: tf.tensor1d(batch.labels) };
      const { value, grads } = tf.variableGrads(() => batchLoss(encoder, input, labelled, robustness), variables);
      optimizer.applyGradients(
        variables.map((variable) => ({
          name: variable.name,
          tensor: tf.add(grads[variable.name]!, tf.mul(variable, setting.l2)),
        })),
      );
      return value.dataSync()[0]!;
    });
  }

  return {
    stepsOfEpoch: Math.ceil(train.count / setting.batchSize),
    step,
    weights: async () =>
      Object.fromEntries(
        await Promise.all(
          specs.map(async ([name, { shape }], i) => {
            const values = Float32Array.from(await variables[i]!.data());
            return [name, { shape, values }] as const;
          }),
        ),
      ),
    dispose: () => {
      optimizer.dispose();
      tf.dispose([...variables, ...Object.values(constants).filter((tensor) => tensor !== undefined)]);
    },
  };
}

function initialValues({ shape, initial }: WeightSpec, random: Random): Float32Array {
  const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
  return values.map(() => {
    if ('constant' in initial) return initial.constant;
    return 'normal' in initial ? initial.normal * random.normal() : initial.uniform * (2 * random.uniform() - 1);
  });
}

/** Masks from the project's generator, so that every backend drops the same. */
function seededDropout(share: number, random: Random): Dropout {
  if (share === 0) return (x) => x;
  return (x) => {
    const mask = new Float32Array(x.size).map(() => (random.uniform() < share ? 0 : 1 / (1 - share)));
    return tf.mul(x, tf.tensor(mask, x.shape));
  };
}

// The conventional rows of the paper's tables as methods: GRU4Rec, Caser, SASRec, DROS, GRU-BERT and DROS-BERT on TensorFlow.js.
//
// A history is the sequence of what was liked (see likedHistory). The vocabulary is that of the training samples; an item that they
// lack, or hold in one role only, is given the mean embedding, or the mean output, of those that were learned (liked and disliked
// targets count alike): the published code leaves them at their random start. Learning rate, backbone of DROS and the step are those of
// the best validation AUC.
import { basename } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import type { Item, LabelledSample, Sample } from '@tallrec/shared/sample';
import { throwIfCancelled } from '../methods/cancelled.ts';
import { bestOnValidation } from '../methods/choose.ts';
import type { FitData, FitOptions, FittedMethod, Method } from '../methods/method.ts';
import { ARCHITECTURES, type ArchitectureName } from './architectures.ts';
import { type Catalogue, catalogueOf, encodeSamples, extended, historyLength } from './catalogue.ts';
import type { Sizes } from './recommender.ts';
import { type Scoring, scoreSamples } from './score-samples.ts';
import { type SentenceEncoder, sentenceEncoder } from './sentence-encoder.ts';
import { openTensorflow, type TensorflowBackend } from './tensorflow.ts';
import { type RecommenderSetting, trainRecommender } from './train-recommender.ts';

/** The paper's, where it names them: hidden size 64, Adam at 1e-3 in batches of 256, L2 1e-6, dropout 0.1. */
export const CONVENTIONAL_SETTING = {
  batchSize: 256,
  l2: 1e-6,
  dropout: 0.1,
  alpha: 0.1,
  beta: 1,
  maxSteps: 400,
  maxEpochs: 20,
  patience: 10,
} as const satisfies Omit<RecommenderSetting, 'learningRate'>;
export const LEARNING_RATES = [1e-3, 1e-2] as const;
const HIDDEN = 64;
const FILTERS = 16;
const HEIGHTS = [2, 3, 4] as const;

const ROWS: { name: string; title: string; architectures: readonly [ArchitectureName, ...ArchitectureName[]] }[] = [
  { name: 'gru4rec', title: 'GRU4Rec', architectures: ['gru4rec'] },
  { name: 'caser', title: 'Caser', architectures: ['caser'] },
  { name: 'sasrec', title: 'SASRec', architectures: ['sasrec'] },
  { name: 'dros', title: 'DROS', architectures: ['dros-gru', 'dros-sasrec'] },
  { name: 'gru-bert', title: 'GRU-BERT', architectures: ['gru-bert'] },
  { name: 'dros-bert', title: 'DROS-BERT', architectures: ['dros-bert'] },
];

export interface ConventionalOptions {
  /** Folder of the sentence encoder; without it (or `encoder`) there is neither GRU-BERT nor DROS-BERT. */
  encoderDir?: string | undefined;
  /** Of that folder, where results are kept by what they follow from. */
  encoderHash?: string | undefined;
  /** Where sentence embeddings are kept. */
  cacheDir: string;
  /** What TensorFlow.js computes on, where results are kept by what they follow from. */
  backend?: TensorflowBackend | undefined;
  /** In place of what the folder holds. */
  encoder?: SentenceEncoder | undefined;
  setting?: Partial<RecommenderSetting> | undefined;
  learningRates?: readonly number[] | undefined;
}

export function conventionalMethods(options: ConventionalOptions): Method[] {
  const encoder =
    options.encoder ?? (options.encoderDir ? sentenceEncoder(options.encoderDir, options.cacheDir) : undefined);
  return ROWS.filter(({ architectures }) => encoder || !architectures.some((name) => ARCHITECTURES[name].text)).map(
    ({ name, title, architectures }) => {
      const setting = { ...CONVENTIONAL_SETTING, ...options.setting };
      const learningRates = options.learningRates ?? LEARNING_RATES;
      const grid = architectures.flatMap((architecture) =>
        learningRates.map((learningRate) => ({ architecture, setting: { ...setting, learningRate } })),
      );
      return {
        name,
        title,
        kind: 'conventional',
        settings: {
          ...setting,
          learningRates,
          architectures,
          hidden: HIDDEN,
          filters: FILTERS,
          heights: HEIGHTS,
          ...(options.backend ? { backend: options.backend } : {}),
          ...(ARCHITECTURES[architectures[0]].text
            ? { encoder: options.encoderHash ?? basename(options.encoderDir ?? '') }
            : {}),
        },
        fit: (data, fitOptions) => fitBest(grid, encoder, data, fitOptions),
      };
    },
  );
}

interface Candidate {
  architecture: ArchitectureName;
  setting: RecommenderSetting;
}

async function fitBest(
  grid: readonly Candidate[],
  encoder: SentenceEncoder | undefined,
  { train, valid }: FitData,
  { seed, signal, onProgress }: FitOptions,
): Promise<FittedMethod> {
  throwIfCancelled(signal);
  if (train.length === 0 || valid.length === 0) {
    throw new TallrecError('BAD_REQUEST', 'A recommender needs samples to train on and others to validate on.', {
      fix: `There are ${train.length} and ${valid.length}: give more.`,
    });
  }
  await openTensorflow();
  const reader = ARCHITECTURES[grid[0]!.architecture].text ? encoder : undefined;
  const catalogue = catalogueOf(train);
  const length = historyLength([...train, ...valid]);
  const text = await textTable(reader, catalogue, signal);
  const sizes: Sizes = {
    hidden: HIDDEN,
    items: catalogue.known,
    length,
    textDim: text ? text.length / catalogue.items.length : 0,
    filters: FILTERS,
    heights: HEIGHTS,
  };
  const judged = await scoringOf(valid, catalogue, length, reader, signal);
  const trainingData = { train: encodeSamples(train, catalogue, length), sizes, counts: catalogue.counts, text };
  let attempt = 0;
  const { fitted, setting } = await bestOnValidation(
    grid,
    async ({ architecture, setting }) => {
      const before = attempt++;
      const trained = await trainRecommender(ARCHITECTURES[architecture], trainingData, judged, setting, {
        seed,
        signal,
        onStep: (step, of) => onProgress?.(before * of + step, grid.length * of),
      });
      return { fitted: trained, validAuc: trained.validAuc };
    },
    { signal },
  );
  return {
    logOdds: true,
    chosen: {
      learningRate: setting.setting.learningRate,
      step: fitted.step,
      ...(fitted.validAuc === null ? {} : { validAuc: fitted.validAuc }),
      ...(new Set(grid.map(({ architecture }) => architecture)).size > 1 ? { backbone: setting.architecture } : {}),
    },
    score: async (samples, options = {}) => {
      throwIfCancelled(options.signal);
      const scoring = await scoringOf(samples, catalogue, length, reader, options.signal);
      const { encoder: network } = ARCHITECTURES[setting.architecture];
      const scores = await scoreSamples(network, sizes, fitted.weights, scoring, {
        onBatch: (done) => {
          throwIfCancelled(options.signal);
          options.onProgress?.(done, samples.length);
        },
      });
      return [...scores];
    },
  };
}

async function scoringOf(
  samples: readonly (Sample | LabelledSample)[],
  catalogue: Catalogue,
  length: number,
  encoder: SentenceEncoder | undefined,
  signal: AbortSignal | undefined,
): Promise<Scoring> {
  const all = extended(catalogue, samples);
  return {
    samples: encodeSamples(samples, all, length),
    catalogue: all,
    text: await textTable(encoder, all, signal),
  };
}

/** [items, textDim], zeros for padding; undefined without an encoder. */
async function textTable(
  encoder: SentenceEncoder | undefined,
  { items }: Catalogue,
  signal: AbortSignal | undefined,
): Promise<Float32Array | undefined> {
  if (!encoder) return undefined;
  const present = items.filter((item) => item !== undefined);
  const vectors = await encoder.embed(present.map(sentenceOf), signal);
  const dimensions = vectors[0]?.length ?? 0;
  const table = new Float32Array(items.length * dimensions);
  let next = 0;
  items.forEach((item, number) => {
    if (item) table.set(vectors[next++]!, number * dimensions);
  });
  return table;
}

function sentenceOf({ title, by }: Item): string {
  return by === undefined ? title : `${title} by ${by}`;
}

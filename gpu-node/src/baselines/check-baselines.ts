// Compares the recommenders with a reference file made by PyTorch: logits, loss and every gradient from the same weights.
import { readFile } from 'node:fs/promises';
import { TallrecError } from '@tallrec/shared/errors';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { ARCHITECTURE_NAMES, ARCHITECTURES, type ArchitectureName, batchLoss } from './architectures.ts';
import { popularityWeights } from './losses.ts';
import { allLogits, type EncoderInput, modelWeights, noDropout, type Sizes, type Weights } from './recommender.ts';
import { openTensorflow } from './tensorflow.ts';

const number = z.number();
const index = z.int().nonnegative();
const caseSchema = z.object({
  name: z.enum(ARCHITECTURE_NAMES as [ArchitectureName, ...ArchitectureName[]]),
  weights: z.record(z.string(), z.object({ shape: z.array(z.int().positive()), data: z.array(number) })),
  logits: z.array(z.array(number)),
  loss: number,
  grads: z.record(z.string(), z.array(number)),
});
const fileSchema = z.object({
  hidden: z.int().positive(),
  items: z.int().positive(),
  length: z.int().positive(),
  textDim: index,
  /** [B][length], padded at the end by the number `items`. */
  history: z.array(z.array(index)).min(1),
  lengths: z.array(index),
  target: z.array(index),
  label: z.array(z.number().min(0).max(1)),
  /** [items + 1][textDim] */
  textEmbeddings: z.array(z.array(number)),
  counts: z.array(number.nonnegative()),
  alpha: number,
  beta: number,
  cases: z.array(caseSchema).min(1),
});
export type BaselineFile = z.infer<typeof fileSchema>;
type BaselineCase = z.infer<typeof caseSchema>;

export interface BaselineErrors {
  name: string;
  /** Greatest difference of a logit. */
  logitsMaxAbs: number;
  lossAbs: number;
  /**
   * Greatest difference of a gradient entry, relative to the largest entry of its tensor; where a tensor's gradient vanishes (a
   * softmax does not feel its key bias), relative to the largest of all.
   */
  gradientsMaxRel: number;
}

/** What each may be. */
export const BASELINE_TOLERANCES = { logitsMaxAbs: 1e-4, lossAbs: 1e-4, gradientsMaxRel: 1e-3 } as const;

/** The cases that are further off than they may be. */
export function baselineFailures(errors: readonly BaselineErrors[]): string[] {
  const within = ({ logitsMaxAbs, lossAbs, gradientsMaxRel }: BaselineErrors) =>
    logitsMaxAbs <= BASELINE_TOLERANCES.logitsMaxAbs &&
    lossAbs <= BASELINE_TOLERANCES.lossAbs &&
    gradientsMaxRel <= BASELINE_TOLERANCES.gradientsMaxRel;
  return errors.filter((error) => !within(error)).map(({ name }) => name);
}

/** Below this the nine decimals of the reference do not hold the three digits that are asked for. */
const VANISHING = 1e-6;

/**
 * @param path the reference file; sizes are its own
 * @returns one a case, on the backend that TensorFlow.js computes on
 * @throws TallrecError when the file cannot be read or does not hold what its cases need
 */
export async function checkBaselines(path: string): Promise<BaselineErrors[]> {
  const file = await readBaselineFile(path);
  await openTensorflow();
  const errors: BaselineErrors[] = [];
  for (const one of file.cases) errors.push(await checkCase(file, one, path));
  return errors;
}

async function readBaselineFile(path: string): Promise<BaselineFile> {
  const fault = (what: string, cause?: unknown) =>
    new TallrecError('BAD_REQUEST', `The reference file ${path} cannot be used: ${what}.`, {
      fix: 'Give a file like gpu-node/fixtures/baselines/baselines.json.',
      cause,
    });
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw fault('it cannot be read', cause);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw fault('it is not JSON', cause);
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    const { path: at, message } = parsed.error.issues[0]!;
    throw fault(`${at.join('.') || 'the document'}: ${message}`);
  }
  const problem = inconsistency(parsed.data);
  if (problem) throw fault(problem);
  return parsed.data;
}

function inconsistency(file: BaselineFile): string | undefined {
  const { items, length, textDim, history, lengths, target, label, textEmbeddings, counts } = file;
  const rows = history.length;
  if (history.some((row) => row.length !== length)) return `history: each row has ${length} positions`;
  if (history.flat().some((item) => item > items)) return `history: an item number is above ${items}`;
  if ([lengths, target, label].some((list) => list.length !== rows))
    return `lengths, target and label: ${rows} of each`;
  if (lengths.some((n) => n > length)) return `lengths: none is above ${length}`;
  if (target.some((item) => item >= items)) return `target: item numbers are below ${items}`;
  if (textEmbeddings.length !== items + 1 || textEmbeddings.some((row) => row.length !== textDim)) {
    return `textEmbeddings: expected ${items + 1} rows of ${textDim}`;
  }
  if (counts.length !== items) return `counts: expected ${items}`;
  return undefined;
}

function sizesOf(file: BaselineFile, { name, weights }: BaselineCase): Sizes {
  const horizontal = Object.keys(weights).filter((key) => /^h\.\d+\.weight$/.test(key));
  const shapes = horizontal.map((_, i) => weights[`h.${i}.weight`]?.shape ?? []);
  return {
    hidden: file.hidden,
    items: file.items,
    length: file.length,
    textDim: ARCHITECTURES[name].text ? file.textDim : 0,
    filters: shapes[0]?.[0] ?? 0,
    heights: shapes.map((shape) => shape[2] ?? 0),
  };
}

async function checkCase(file: BaselineFile, one: BaselineCase, path: string): Promise<BaselineErrors> {
  const { encoder, robust } = ARCHITECTURES[one.name];
  const sizes = sizesOf(file, one);
  const names = checkedNames(file, one, sizes, path);
  const rows = file.history.length;
  const computed = tf.tidy(() => {
    const inputOf = (weights: Weights): EncoderInput => ({
      weights,
      sizes,
      histories: {
        items: tf.tensor2d(file.history, [rows, file.length], 'int32'),
        lengths: tf.tensor1d(file.lengths, 'int32'),
      },
      text: sizes.textDim > 0 ? tf.tensor2d(file.textEmbeddings) : undefined,
      dropout: noDropout,
    });
    const batch = { targets: tf.tensor1d(file.target, 'int32'), labels: tf.tensor1d(file.label, 'float32') };
    const robustness = robust
      ? { alpha: file.alpha, beta: file.beta, popularity: tf.tensor1d(popularityWeights(file.counts)) }
      : undefined;
    const tensors = names.map((name) => tf.tensor(one.weights[name]!.data, one.weights[name]!.shape, 'float32'));
    const named = (values: tf.Tensor[]) => Object.fromEntries(names.map((name, i) => [name, values[i]!]));
    const logits = allLogits(encoder.encode(inputOf(named(tensors))), named(tensors));
    const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) =>
      batchLoss(encoder, inputOf(named(values)), batch, robustness),
    )(tensors);
    return [logits, value, ...grads];
  });
  const [logits, loss, ...gradients] = await Promise.all(computed.map((tensor) => tensor.data()));
  tf.dispose(computed);
  return {
    name: one.name,
    logitsMaxAbs: maxDifference(logits!, one.logits.flat()),
    lossAbs: Math.abs(loss![0]! - one.loss),
    gradientsMaxRel: gradientError(
      gradients,
      names.map((name) => one.grads[name]!),
    ),
  };
}

/** @returns the names of the weights, each there with its shape and its gradient */
function checkedNames(file: BaselineFile, one: BaselineCase, sizes: Sizes, path: string): string[] {
  const fault = (what: string) =>
    new TallrecError('BAD_REQUEST', `The reference file ${path} cannot be used: case ${one.name}: ${what}.`);
  const specs = modelWeights(ARCHITECTURES[one.name].encoder, sizes);
  for (const [name, { shape }] of Object.entries(specs)) {
    const weight = one.weights[name];
    if (!weight) throw fault(`the weight ${name} is missing`);
    if (weight.shape.join() !== shape.join()) throw fault(`${name} is ${weight.shape}, expected ${shape}`);
    const count = shape.reduce((product, n) => product * n, 1);
    if (weight.data.length !== count || one.grads[name]?.length !== count) {
      throw fault(`${name} and its gradient need ${count} numbers`);
    }
  }
  const unknown = Object.keys(one.weights).find((name) => !(name in specs));
  if (unknown) throw fault(`the weight ${unknown} belongs to no such model`);
  if (one.logits.length !== file.history.length || one.logits.some((row) => row.length !== file.items)) {
    throw fault(`expected ${file.history.length} rows of ${file.items} logits`);
  }
  return Object.keys(specs);
}

function maxDifference(computed: ArrayLike<number>, expected: readonly number[]): number {
  return expected.reduce((max, value, i) => greater(max, Math.abs(value - computed[i]!)), 0);
}

/** The greater one; what is not a number is greater than all. */
function greater(a: number, b: number): number {
  return Number.isNaN(b) || b > a ? b : a;
}

function gradientError(computed: readonly ArrayLike<number>[], expected: readonly (readonly number[])[]): number {
  const largest = expected.map((values) => values.reduce((max, value) => Math.max(max, Math.abs(value)), 0));
  const overall = Math.max(...largest);
  return expected.reduce((max, values, i) => {
    const scale = largest[i]! > VANISHING ? largest[i]! : overall;
    return greater(max, maxDifference(computed[i]!, values) / scale);
  }, 0);
}

// Evaluations as entries of the paper's table: which method each stands for, with which K and seed, and how it came to be.
import type { EvaluatedMethod } from '@tallrec/shared/methods';
import { methodNamed, usesLanguageModel } from '@tallrec/shared/methods';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { methodOfTuning } from '../compare/provenance.ts';

export interface Entry {
  evaluation: Evaluation;
  method: EvaluatedMethod;
  /** Null where all samples were learned from, or the method learns from none. */
  shots: number | null;
  seed: number | null;
  /** `method`: fit on the node for this evaluation. `adapter`: an adapter of a tuning. `base`: a model as it is. */
  via: 'method' | 'adapter' | 'base';
  tuning: Tuning | null;
  /** The dataset that was learned from. */
  train: string | null;
  model: string | null;
  /** Alike where all but K and seed is. */
  recipe: string;
}

export interface Sources {
  adapters: readonly Adapter[];
  tunings: readonly Tuning[];
}

/** @returns undefined for an adapter of which it is not known how it was made, or by no method of the table */
export function entryOf(evaluation: Evaluation, { adapters, tunings }: Sources): Entry | undefined {
  const { method, model, template, adapter: id } = evaluation;
  if (method !== null) {
    const { shots, seed, trainDataset: train, validDataset, instructionsDataset, hyperParameters } = evaluation;
    const recipe = JSON.stringify(['method', template, validDataset, instructionsDataset, hyperParameters]);
    return { evaluation, method, shots, seed, via: 'method', tuning: null, train, model, recipe };
  }
  if (id === null) {
    const recipe = JSON.stringify(['base', template]);
    return { evaluation, method: 'zero-shot', ...NO_DRAW, via: 'base', tuning: null, train: null, model, recipe };
  }
  const adapter = adapters.find((one) => one.id === id);
  const tuning = tunings.find((one) => one.id === adapter?.tuning);
  const made = tuning && methodOfTuning(tuning, (first) => adapters.find((one) => one.id === first)?.stage);
  if (!tuning || !made) return undefined;
  const { shots = null, seed, ...settings } = tuning.settings;
  const recipe = JSON.stringify(['adapter', template, tuning.validDataset, tuning.initAdapter, settings]);
  const train = made === 'at' ? null : tuning.dataset;
  return { evaluation, method: made, shots, seed, via: 'adapter', tuning, train, model, recipe };
}

const NO_DRAW = { shots: null, seed: null };

/** Which rows are judged by, and what may be learned from: only what agrees in these stands in one table. */
export interface Selection {
  dataset: string;
  split: Evaluation['split'];
  limit: number | null;
  /** What all that learn learn from. */
  train: string | null;
  /** What all that need a language model build on. */
  model: string | null;
}

export function fits({ evaluation, method, train, model }: Entry, selection: Selection): boolean {
  if (evaluation.split !== selection.split || evaluation.limit !== selection.limit) return false;
  if (usesLanguageModel(method) && model !== selection.model) return false;
  return methodNamed(method).shotless || train === selection.train;
}

/** The values that occur, the most frequent first. */
export function frequent<T>(values: readonly T[]): T[] {
  return [...Map.groupBy(values, (value) => value)].sort(([, a], [, b]) => b.length - a.length).map(([value]) => value);
}

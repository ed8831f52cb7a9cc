// Missing cells as requests: one evaluation a cell and seed.

import { type EvaluatedMethod, methodNamed, usesLanguageModel } from '@tallrec/shared/methods';
import { createEvaluationSchema } from '@tallrec/shared/wire/evaluations';
import type { z } from 'zod';
import { fieldErrors, filled } from '../../parts/field-errors.ts';
import { texts } from '../../texts.ts';
import { isTuned } from '../evaluations/evaluation-form.ts';
import { type Cell, isSeedless, missingSeeds } from './cells.ts';
import type { Selection } from './entries.ts';

type Request = z.input<typeof createEvaluationSchema>;

export interface StartValues {
  methods: EvaluatedMethod[];
  /** Seeds 0 … n − 1. */
  seeds: number | string;
  trainDataset: string | null;
  validDataset: string | null;
  instructionsDataset: string | null;
  model: string | null;
  /** Of the methods that tune; the recipe decides when left empty. */
  maxSteps: number | string;
}

/** What some methods need, and others refuse. */
export function needsOf(methods: readonly EvaluatedMethod[]) {
  const named = methods.map((method) => methodNamed(method));
  return {
    train: named.some(({ shotless }) => !shotless),
    model: methods.some(usesLanguageModel),
    instructions: named.some(({ needs }) => needs === 'instructions'),
    encoder: named.filter(({ needs }) => needs === 'encoder').map(({ title }) => title),
    recipe: methods.some(isTuned),
    seeds: !methods.every(isSeedless),
  };
}

export function seedsOf({ seeds }: StartValues): number[] {
  return typeof seeds === 'number' && Number.isInteger(seeds) && seeds > 0
    ? Array.from({ length: seeds }, (_, seed) => seed)
    : [];
}

/** @param cells of any methods: those of methods that were not chosen are left */
export function requestsOf(
  cells: readonly Cell[],
  values: StartValues,
  { dataset, split, limit }: Pick<Selection, 'dataset' | 'split' | 'limit'>,
): Request[] {
  return cells
    .filter(({ method }) => values.methods.includes(method))
    .flatMap((cell) => missingSeeds(cell, seedsOf(values)).map((seed) => requestOf(cell, seed)));

  function requestOf({ method, shots }: Cell, seed: number): Request {
    const { shotless, needs } = methodNamed(method);
    const { trainDataset, validDataset, instructionsDataset, model, maxSteps } = values;
    return {
      ...{ dataset: dataset as Request['dataset'], split, method, seed },
      ...(limit === null ? {} : { limit }),
      ...(shotless ? {} : { ...filled({ trainDataset, validDataset }), ...(shots === null ? {} : { shots }) }),
      ...(usesLanguageModel(method) ? filled({ model }) : {}),
      ...(needs === 'instructions' ? filled({ instructionsDataset }) : {}),
      ...(isTuned(method) && maxSteps !== '' ? { hyperParameters: { maxSteps: Number(maxSteps) } } : {}),
    } as Request;
  }
}

/** By the field of the dialog. */
export function startErrors(values: StartValues, requests: readonly Request[]): Record<string, string> {
  const needs = needsOf(values.methods);
  const missing = [
    ...(needs.train && values.trainDataset === null ? ['trainDataset'] : []),
    ...(needs.model && !values.model ? ['model'] : []),
    ...(needs.instructions && values.instructionsDataset === null ? ['instructionsDataset'] : []),
    ...(values.methods.length === 0 ? ['methods'] : []),
    ...(seedsOf(values).length === 0 ? ['seeds'] : []),
  ];
  const found = requests.flatMap((request) => Object.entries(fieldErrors(createEvaluationSchema, request)));
  return {
    ...Object.fromEntries(found.map(([field, words]) => [field.replace('hyperParameters.', ''), words])),
    ...Object.fromEntries(missing.map((field) => [field, texts.fields.missing])),
  };
}

// The form of a new evaluation: its values, what is asked for with each choice, and the request that they make.
import {
  type EvaluatedMethod,
  evaluatedMethodSchema,
  methodNamed,
  type NamedMethod,
  usesLanguageModel,
} from '@tallrec/shared/methods';
import { type CreateEvaluation, createEvaluationSchema } from '@tallrec/shared/wire/evaluations';
import type { z } from 'zod';
import { fieldErrors, filled } from '../../parts/field-errors.ts';
import { texts } from '../../texts.ts';
import { type TuningValues, initialValues as tuningValues } from '../tunings/tuning-form.ts';

/** What a number field holds. */
type NumberValue = number | string;

export interface EvaluationValues extends Pick<TuningValues, 'hyperParameters' | 'priority' | 'template'> {
  /** Of the paper's tables, or what there is: a model, an adapter. */
  subject: 'model' | 'method';
  name: string;
  model: string | null;
  /** By its id or an alias. */
  adapter: string | null;
  /** The model without the adapter is scored, too. */
  untuned: boolean;
  method: EvaluatedMethod | null;
  dataset: string | null;
  split: CreateEvaluation['split'];
  limit: NumberValue;
  trainDataset: string | null;
  validDataset: string | null;
  instructionsDataset: string | null;
  /** Facts about items. */
  items: string | null;
  shots: NumberValue;
  seed: NumberValue;
  wait: boolean;
}

/** As an address has it. */
export type Preselected = Partial<Record<'model' | 'adapter' | 'dataset' | 'method', string | undefined>>;

export function initialValues({ model, adapter, dataset, method: named }: Preselected = {}): EvaluationValues {
  const method = evaluatedMethodSchema.safeParse(named).data;
  const { hyperParameters, priority, template } = tuningValues();
  return {
    subject: method ? 'method' : 'model',
    name: '',
    model: model ?? null,
    adapter: adapter ?? null,
    untuned: true,
    method: method ?? null,
    dataset: dataset ?? null,
    split: 'test',
    limit: '',
    trainDataset: null,
    validDataset: null,
    instructionsDataset: null,
    items: null,
    shots: 64,
    seed: 0,
    template,
    priority,
    wait: false,
    hyperParameters,
  };
}

/** What a choice makes it ask for. */
export interface Asked {
  model: boolean;
  adapter: boolean;
  method: boolean;
  /** `learn`: without it nothing can be fit. `popularity`: it may be left out. */
  trainDataset: 'learn' | 'popularity' | null;
  instructionsDataset: boolean;
  items: boolean;
  shots: boolean;
  template: boolean;
  recipe: boolean;
}

const TUNED: readonly EvaluatedMethod[] = ['at', 'rt', 'rt-blend', 'tallrec', 'tallrec-blend'];
/** Whether a method tunes a language model, by a recipe. */
export const isTuned = (method: EvaluatedMethod): boolean => TUNED.includes(method);

export function askedFor({
  subject,
  method: name,
  adapter,
}: Pick<EvaluationValues, 'subject' | 'method'> & Partial<Pick<EvaluationValues, 'adapter'>>): Asked {
  if (subject === 'model') {
    return {
      ...{ model: true, adapter: true, method: false, template: true, recipe: false },
      ...{ trainDataset: 'popularity', instructionsDataset: false, shots: false, items: Boolean(adapter) },
    };
  }
  const method = name === null ? undefined : methodNamed(name);
  const onModel = name !== null && usesLanguageModel(name);
  return {
    model: onModel,
    adapter: false,
    method: true,
    trainDataset: trainDatasetOf(method),
    instructionsDataset: method?.needs === 'instructions',
    items: method?.blended === true,
    shots: method !== undefined && !method.shotless,
    template: onModel,
    recipe: name !== null && isTuned(name),
  };
}

function trainDatasetOf(method: NamedMethod | undefined): Asked['trainDataset'] {
  if (method === undefined || method.name === 'history-share') return null;
  return method.shotless ? 'popularity' : 'learn';
}

type Request = z.input<typeof createEvaluationSchema>;

/** What is not asked for is left out, whatever its field still holds. */
export function requestOf(values: EvaluationValues): Request {
  const asked = askedFor(values);
  const { name, dataset, split, limit, priority, wait, model, adapter, untuned, method, template, seed, shots } =
    values;
  const { trainDataset, validDataset, instructionsDataset } = values;
  return {
    ...filled({ name: name.trim(), dataset, split, limit, priority, wait }),
    ...(asked.model ? filled({ model }) : {}),
    ...(asked.adapter ? filled({ adapter }) : {}),
    ...(asked.adapter && adapter !== null ? { untuned } : {}),
    ...(asked.method ? filled({ method, seed }) : {}),
    ...(asked.template ? filled({ template }) : {}),
    ...(asked.trainDataset ? filled({ trainDataset }) : {}),
    ...(asked.trainDataset === 'learn' && trainDataset !== null ? filled({ validDataset }) : {}),
    ...(asked.shots ? filled({ shots }) : {}),
    ...(asked.instructionsDataset ? filled({ instructionsDataset }) : {}),
    ...(asked.items ? filled({ items: values.items }) : {}),
    ...(asked.recipe ? { hyperParameters: filled(values.hyperParameters) } : {}),
  } as Request;
}

export function evaluationErrors(values: EvaluationValues): Record<string, string> {
  const asked = askedFor(values);
  const needed = {
    method: asked.method,
    model: asked.model,
    trainDataset: asked.trainDataset === 'learn',
    instructionsDataset: asked.instructionsDataset,
  };
  const missing = Object.entries(needed)
    .filter(([field, isNeeded]) => isNeeded && !values[field as keyof typeof needed])
    .map(([field]) => [field, texts.fields.missing]);
  // The schema says what it finds between fields only once each of them is right by itself.
  return { ...fieldErrors(createEvaluationSchema, requestOf(values)), ...Object.fromEntries(missing) };
}

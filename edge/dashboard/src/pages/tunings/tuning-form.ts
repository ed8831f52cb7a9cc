// The form of a new tuning: its values, and the request that they make.
import { hyperParametersSchema, loraModuleSchema, STAGES, type Stage } from '@tallrec/shared/tuning';
import { type CreateTuning, createTuningSchema } from '@tallrec/shared/wire/tunings';
import type { z } from 'zod';
import { fieldErrors, filled } from '../../parts/field-errors.ts';

type Recipe = z.input<typeof hyperParametersSchema>;
/** What a number field holds. */
type NumberValue = number | string;

/** The numbers of the recipe, in the order in which they are shown. */
export const RECIPE_NUMBERS = [
  'learningRate',
  'warmupSteps',
  'weightDecay',
  'clipNorm',
  'batchSize',
  'microBatchTokens',
  'cutoffTokens',
  'epochs',
  'maxSteps',
  'evaluateEverySteps',
  'patience',
  'loraRank',
  'loraAlpha',
  'loraDropout',
] as const satisfies readonly (keyof Recipe)[];
export type RecipeNumber = (typeof RECIPE_NUMBERS)[number];

export const LORA_MODULES = loraModuleSchema.options;
export { STAGES };

export interface TuningValues {
  name: string;
  stage: Stage;
  model: string | null;
  dataset: string | null;
  validDataset: string | null;
  initAdapter: string | null;
  shots: NumberValue;
  seed: NumberValue;
  template: CreateTuning['template'];
  priority: NumberValue;
  wait: boolean;
  hyperParameters: Record<RecipeNumber, NumberValue> &
    Pick<CreateTuning['hyperParameters'], 'loraModules' | 'rankStabilized' | 'lossOn'>;
}

/** The paper's recipe, as the API's own schema has it. */
export function initialValues(): TuningValues {
  const { loraModules, rankStabilized, lossOn, ...numbers } = hyperParametersSchema.parse({});
  const shown = Object.fromEntries(RECIPE_NUMBERS.map((name) => [name, numbers[name] ?? ''])) as Record<
    RecipeNumber,
    NumberValue
  >;
  return {
    name: '',
    stage: 'rec',
    model: null,
    dataset: null,
    validDataset: null,
    initAdapter: null,
    shots: 64,
    seed: 0,
    template: 'clean',
    priority: 0,
    wait: false,
    hyperParameters: { ...shown, loraModules, rankStabilized, lossOn },
  };
}

export function requestOf({ hyperParameters, ...rest }: TuningValues): z.input<typeof createTuningSchema> {
  const { name, ...fields } = rest;
  const body = { ...filled({ name: name.trim(), ...fields }), hyperParameters: filled(hyperParameters) };
  return body as z.input<typeof createTuningSchema>;
}

export function tuningErrors(values: TuningValues): Record<string, string> {
  return fieldErrors(createTuningSchema, requestOf(values));
}

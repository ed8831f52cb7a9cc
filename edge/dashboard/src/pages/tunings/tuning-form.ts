// The form of new tunings: its values, and the requests that they make, one for each K with each seed.
import type { Template } from '@tallrec/shared/prompt';
import { hyperParametersSchema, loraModuleSchema, STAGES, type Stage } from '@tallrec/shared/tuning';
import { type CreateTuning, createTuningSchema } from '@tallrec/shared/wire/tunings';
import type { z } from 'zod';
import { fieldErrors, filled } from '../../parts/field-errors.ts';
import { texts } from '../../texts.ts';

const words = texts.tuningForm;

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
  'lossPairs',
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
  /** Facts about items. */
  items: string | null;
  initAdapter: string | null;
  /** Numbers, or `ALL_SHOTS`; none is all, too. */
  shots: string[];
  /** None is the API's own. */
  seeds: string[];
  /** None is that of the adapter it starts from. */
  template: Template | null;
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
    items: null,
    initAdapter: null,
    shots: ['64'],
    seeds: ['0'],
    template: null,
    priority: 0,
    wait: false,
    hyperParameters: { ...shown, loraModules, rankStabilized, lossOn },
  };
}

type Preset = Pick<TuningValues, 'shots' | 'seeds' | 'hyperParameters'>;
const { shots, seeds, hyperParameters: paperRecipe } = initialValues();

/** `quick`: so few steps that it is over soon, judged twice, with a warm-up in proportion. */
export const PRESETS: Record<'quick' | 'paper', Preset> = {
  quick: {
    ...{ shots: ['16'], seeds },
    hyperParameters: { ...paperRecipe, maxSteps: 10, warmupSteps: 2, evaluateEverySteps: 5 },
  },
  paper: { shots, seeds, hyperParameters: paperRecipe },
};

export function isOf(values: TuningValues, preset: Preset): boolean {
  const { shots, seeds, hyperParameters } = values;
  const told = (one: Preset) => JSON.stringify([one.shots, one.seeds, Object.entries(one.hyperParameters).sort()]);
  return told({ shots, seeds, hyperParameters }) === told(preset);
}

/** The learning rate reaches its height with the last step, or never. */
export function isAllWarmup(warmupSteps: NumberValue, steps: NumberValue): boolean {
  return typeof warmupSteps === 'number' && typeof steps === 'number' && warmupSteps > 0 && warmupSteps >= steps;
}

/** In place of a number of examples. */
export const ALL_SHOTS = 'all';
/** As many as can be set side by side afterwards. */
const MOST_TUNINGS = 30;

export type TuningRequest = z.input<typeof createTuningSchema>;

/**
 * In the order of K, and of the seeds for each.
 * @param datasetName names them where the form does not, and there are several
 */
export function requestsOf(values: TuningValues, datasetName?: string): TuningRequest[] {
  const { hyperParameters, shots: counts, seeds: numbers, name, ...fields } = values;
  const [shots, seeds] = [counts.length > 0 ? counts : [ALL_SHOTS], numbers.length > 0 ? numbers : [undefined]];
  const common = { ...filled(fields), hyperParameters: filled(hyperParameters) };
  const base = name.trim() || datasetName || words.unnamed;
  return shots.flatMap((count) =>
    seeds.map((seed) => {
      const varied = [
        ...(shots.length > 1 ? [count === ALL_SHOTS ? words.allShots : words.ofShots(count)] : []),
        ...(seeds.length > 1 ? [words.ofSeed(seed ?? '')] : []),
      ].join(', ');
      const own = varied ? `${base.slice(0, NAME_CHARACTERS - varied.length - 2)}, ${varied}` : name.trim();
      const request = {
        ...common,
        ...(own ? { name: own } : {}),
        ...(count === ALL_SHOTS ? {} : { shots: Number(count) }),
        ...(seed === undefined ? {} : { seed: Number(seed) }),
      };
      return request as TuningRequest;
    }),
  );
}
const NAME_CHARACTERS = 100;

/** Of requests that differ in their seeds alone the first, and without what changes nothing in how long they take. */
export function requestsToEstimate(values: TuningValues): TuningRequest[] {
  const { name: _, priority: __, wait: ___, items: ____, ...rest } = values;
  return requestsOf({ ...initialValues(), ...rest, seeds: values.seeds.slice(0, 1) });
}

/** By field of the form. */
export function tuningErrors(values: TuningValues): Record<string, string> {
  const requests = requestsOf(values);
  if (requests.length > MOST_TUNINGS) return { seeds: words.tooMany(String(MOST_TUNINGS)) };
  return ofForm(Object.assign({}, ...requests.map((request) => fieldErrors(createTuningSchema, request))));
}

/** Errors by the fields of a request. */
export function ofForm({ seed, ...errors }: Record<string, string>): Record<string, string> {
  return seed === undefined ? errors : { ...errors, seeds: seed };
}

import { z } from 'zod';
import { countSchema, digitsSchema } from '../counts.ts';
import { idSchema, sha256Schema } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { hyperParametersSchema, tuningSettingsSchema, validRuleAucSchema } from '../tuning.ts';
import { adapterRefSchema, forceSchema, templateFieldSchema, usageFields } from './adapters.ts';
import { givenFactsSchema } from './datasets.ts';
import { createJobFields, jobFields, modelNameSchema, stateFilterSchema } from './jobs.ts';
import { pageQuerySchema } from './page.ts';

/** What it does not know is refused: a setting misspelt would be a tuning by the defaults. */
export const createTuningSchema = z
  .strictObject({
    ...tuningSettingsSchema.shape,
    template: templateFieldSchema,
    force: forceSchema,
    hyperParameters: hyperParametersSchema.strict().prefault({}),
    ...createJobFields,
    model: modelNameSchema,
    dataset: idSchema('dataset'),
    validDataset: idSchema('dataset')
      .optional()
      .describe(
        'Validation data; without it the split of `dataset` (interactions), or a seeded tenth of it, is held out.',
      ),
    items: idSchema('dataset')
      .optional()
      .describe(
        "Of the rec stage: a dataset of item-facts, which the adapter's blend weighs beside what the training samples tell of items.",
      ),
    initAdapter: adapterRefSchema
      .optional()
      .describe('The adapter to start from: for the rec stage that of the alpaca stage.'),
  })
  .refine(({ stage, items }) => items === undefined || stage === 'rec', {
    path: ['items'],
    message: 'goes with the rec stage, whose adapters have a blend: leave it out',
  });
export type CreateTuning = z.infer<typeof createTuningSchema>;

export const tuningProgressSchema = z.object({
  step: countSchema(),
  totalSteps: countSchema(),
  loss: z.number().nullable(),
  validAuc: z.number().nullable(),
  etaMs: z.number().nullable(),
});
export type TuningProgress = z.infer<typeof tuningProgressSchema>;

export const tuningSchema = z.object({
  id: idSchema('tuning'),
  ...jobFields,
  model: z.string(),
  dataset: idSchema('dataset'),
  validDataset: idSchema('dataset').nullable(),
  items: givenFactsSchema.nullable(),
  initAdapter: sha256Schema.nullable(),
  settings: tuningSettingsSchema,
  warnings: usageFields.warnings,
  progress: tuningProgressSchema.nullable(),
  adapter: sha256Schema.nullable(),
  bestValidAuc: z.number().nullable(),
  stopReason: z.string().nullable(),
});
export type Tuning = z.infer<typeof tuningSchema>;

export const listTuningsQuerySchema = pageQuerySchema.extend({ state: stateFilterSchema.optional() });

export const metricsQuerySchema = z.object({
  points: digitsSchema(2, LIMITS.curvePoints).optional().meta({
    description: 'At most so many points a curve: of each stretch of steps the extremes are kept. All when left out.',
  }),
});

/** The curves of a tuning, for charts. */
export const tuningMetricsSchema = z.object({
  steps: z.array(
    z.object({
      step: countSchema(),
      loss: z.number(),
      learningRate: z.number(),
      gradientNorm: z.number(),
      tokensPerSecond: z.number(),
    }),
  ),
  evaluations: z.array(
    z.object({
      step: countSchema(),
      validAuc: z.number().nullable(),
      validLoss: z.number(),
      best: z.boolean(),
    }),
  ),
  validRuleAuc: validRuleAucSchema,
});
export type TuningMetrics = z.infer<typeof tuningMetricsSchema>;

import { z } from 'zod';
import { countSchema } from '../counts.ts';
import { idSchema, sha256Schema } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { evaluatedMethodSchema, methodNamed, usesLanguageModel } from '../methods.ts';
import { templateSchema } from '../prompt.ts';
import { hyperParametersSchema, seedSchema, shotsSchema } from '../tuning.ts';
import { adapterRefSchema, forceSchema, templateFieldSchema, usageFields } from './adapters.ts';
import { givenFactsSchema } from './datasets.ts';
import { createJobFields, jobFields, modelNameSchema, phaseSchema } from './jobs.ts';
import { pageQuerySchema } from './page.ts';

const intervalSchema = z.object({
  low: z.number(),
  high: z.number(),
  level: z.number(),
  resampled: z.enum(['users', 'rows']),
});
const maybeInterval = intervalSchema.nullable();
const differenceSchema = intervalSchema.extend({ value: z.number() });

export const DIFFERENCE_VERDICTS = ['better', 'level', 'worse', 'unknown'] as const;
/** Paired: draw by draw. `level` where its interval holds zero; `unknown` by fewer than ten users with both classes, or by rows. */
const judgedDifferenceSchema = differenceSchema.extend({ verdict: z.enum(DIFFERENCE_VERDICTS) });
export type JudgedDifference = z.infer<typeof judgedDifferenceSchema>;
const bothDifferencesSchema = z.object({
  all: judgedDifferenceSchema.nullable(),
  withinUsers: judgedDifferenceSchema.nullable(),
});
export type BothDifferences = z.infer<typeof bothDifferencesSchema>;
const differencesSchema = z.object({
  rule: bothDifferencesSchema,
  /** Null without training samples. */
  popularity: bothDifferencesSchema.nullable(),
  /** Null where the untuned model was not asked. */
  untuned: bothDifferencesSchema.nullable(),
});
export type Differences = z.infer<typeof differencesSchema>;

/** Rows whose targets have something in common. */
const itemGroupSchema = z.object({
  n: countSchema(),
  /** Users counted in `perUserAuc`. */
  users: countSchema(),
  auc: z.number().nullable(),
  perUserAuc: z.number().nullable(),
  /** Of `auc`. */
  interval: maybeInterval,
});
export type ItemGroup = z.infer<typeof itemGroupSchema>;

/** Of every distribution of scores. */
export const SCORE_BINS = 20;

export const scoreDistributionSchema = z.object({
  /** `probability`: of a like, in bins of [0, 1]. `score`: on a scale of the method's own, in bins from its lowest score to its highest. */
  scale: z.enum(['probability', 'score']),
  low: z.number(),
  high: z.number(),
  /** Of one width, the lowest first. */
  bins: z
    .array(z.object({ liked: countSchema(), disliked: countSchema(), meanScore: z.number().nullable() }))
    .length(SCORE_BINS),
  /** Expected calibration error over these bins, and Brier score; null where scores are no probabilities. */
  calibration: z.object({ ece: z.number(), brier: z.number() }).nullable(),
});
export type ScoreDistribution = z.infer<typeof scoreDistributionSchema>;

export const judgedExampleSchema = z.object({
  /** From 1, as the lines of the predictions. */
  row: countSchema(),
  /** On the scale of the distribution. */
  score: z.number(),
  liked: z.boolean(),
  user: z.string().max(LIMITS.idCharacters).nullable(),
  /** What was judged. */
  target: z.string().max(LIMITS.exampleTitleCharacters),
  /** The lines of the prompt that are the row's own; of a long history the middle is left out. */
  prompt: z.string().max(LIMITS.examplePromptCharacters),
});
export type JudgedExample = z.infer<typeof judgedExampleSchema>;
const examplesSchema = z.array(judgedExampleSchema).max(LIMITS.judgedExamples);

/** An AUC never stands alone: its interval, what is left within users, and the rules it has to beat come with it. */
export const evaluationReportSchema = z.object({
  auc: z.number().nullable(),
  interval: maybeInterval,
  /** Mean over users that have both classes; null where there are none. */
  perUserAuc: z.number().nullable(),
  /** Users counted in `perUserAuc`. */
  users: countSchema(),
  /** True where the samples name no users and these were found by their overlapping histories. */
  usersInferred: z.boolean().default(false),
  n: countSchema(),
  likedShare: z.number(),
  /** The rule without parameters: share of the history that was liked. */
  ruleAuc: z.number().nullable(),
  rulePerUserAuc: z.number().nullable(),
  /** Item popularity in the training samples, for a method in those it was fit on; null where none were given. */
  popularityAuc: z.number().nullable(),
  popularityPerUserAuc: z.number().nullable(),
  /** As `scoreBlendAuc` and `rankBlendPerUserAuc`. */
  untunedAuc: z
    .number()
    .nullable()
    .default(null)
    .describe('Of the model without its adapter, on the same rows; null where `untuned` did not ask for it.'),
  untunedPerUserAuc: z.number().nullable().default(null),
  blendAuc: z.number().nullable().default(null),
  blendPerUserAuc: z.number().nullable().default(null),
  scoreBlendAuc: z
    .number()
    .nullable()
    .default(null)
    .describe("Over all rows, of the probability by the adapter's blend (blendScore); null where it has none."),
  rankBlendPerUserAuc: z
    .number()
    .nullable()
    .default(null)
    .describe("Within users, of what the adapter's blend ranks by (blendRank); null where it has none."),
  /** Of the other figures, by the same draws; null in reports of older nodes. Within users whole users are drawn. */
  intervals: z
    .object({
      perUser: maybeInterval,
      rule: maybeInterval,
      rulePerUser: maybeInterval,
      popularity: maybeInterval,
      popularityPerUser: maybeInterval,
      blend: maybeInterval,
      blendPerUser: maybeInterval,
    })
    .nullable()
    .default(null),
  /** By how much it passes the rule, draw by draw: what matters is whether the interval holds zero. Null in reports of older nodes. */
  overRule: z
    .object({ auc: differenceSchema.nullable(), perUserAuc: differenceSchema.nullable() })
    .nullable()
    .default(null),
  differences: differencesSchema
    .extend({ blend: differencesSchema.nullable() })
    .nullable()
    .default(null)
    .describe(
      "What was judged minus what it has to beat, by the same draws of users, over all rows and within users; in blend the adapter's blend, by its score over all rows and by its rank within users. Null in reports of older nodes.",
    ),
  warm: itemGroupSchema
    .nullable()
    .default(null)
    .describe('Rows whose target some user of the training samples has rated; null without training samples.'),
  cold: itemGroupSchema.nullable().default(null).describe('Rows whose target none of them has rated.'),
  unknownToModel: itemGroupSchema
    .nullable()
    .default(null)
    .describe(
      'Rows whose target is not in the catalogue that the model was trained on; null where its training.json names none.',
    ),
  /** These three are null for methods without a language model, the provider for those that compute by hand. */
  template: templateSchema.nullable(),
  precision: z.string().nullable(),
  provider: z.string().nullable(),
  /** Read by a language model; by a method in its fit too. */
  tokens: countSchema(),
  /** Of the scoring alone. */
  durationMs: z.number(),
  /** How a method was fit; null without one. */
  fit: z
    .object({
      trainSamples: countSchema(),
      validSamples: countSchema(),
      /** What validation chose: hyper-parameters, the best step. */
      chosen: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
      durationMs: z.number(),
    })
    .nullable()
    .default(null),
  distribution: scoreDistributionSchema.nullable().default(null).meta({
    description: 'Scores of what was liked and of what was not. Null in lists, and in reports of older nodes.',
  }),
  blendDistribution: scoreDistributionSchema.nullable().default(null).meta({
    description:
      "The same of the probabilities by the adapter's blend (blendScore), with their reliability; null where it has none.",
  }),
  examples: z.object({ best: examplesSchema, worst: examplesSchema }).nullable().default(null).meta({
    description:
      'The rows on which it was most confidently right, and wrong, the most confident first. Null in lists, and in reports of older nodes.',
  }),
});
export type EvaluationReport = z.infer<typeof evaluationReportSchema>;

const splitSchema = z.enum(['train', 'valid', 'test', 'all']);

const evaluationFields = z.strictObject({
  ...createJobFields,
  model: modelNameSchema.optional().meta({
    description: 'What is evaluated, or what the method builds on; methods without a language model take none.',
  }),
  adapter: adapterRefSchema.optional().describe('Without one the base model is evaluated.'),
  dataset: idSchema('dataset'),
  split: splitSchema
    .default('test')
    .describe("Which part of an interactions dataset, by the paper's split; other datasets are taken whole."),
  trainDataset: idSchema('dataset').optional().meta({
    description:
      "What a method learns from: of interactions the train part of the paper's split. Without a method, for item popularity alone.",
  }),
  limit: z
    .number()
    .int()
    .min(1)
    .max(LIMITS.scoringRows)
    .optional()
    .describe('Rows from the beginning; all when left out.'),
  items: idSchema('dataset').optional().meta({
    description:
      'A dataset of item-facts. Of an adapter they stand in place of those that its blend was tuned with; a method with a blend (blend-rank, blend-score, rt-blend, tallrec-blend) is fit with them.',
  }),
  template: templateFieldSchema,
  force: forceSchema,
  untuned: z
    .boolean()
    .optional()
    .describe('Scores the model without its adapter, too, so that the report tells what the tuning changed.'),
  method: evaluatedMethodSchema.optional().meta({
    description:
      'A method of the results tables, fit on the node and judged in place of a model with its adapter. rt, rt-blend, blend-rank, blend-score, in-context and zero-shot need model; at, tallrec and tallrec-blend need instructionsDataset too; gru-bert and dros-bert a node that was started with TALLREC_ENCODER. In-context learning takes 16 examples at most.',
  }),
  shots: shotsSchema.optional().meta({
    description: 'Samples K that the method is fit on, drawn by the seed from the training samples; all when left out.',
  }),
  seed: seedSchema.optional().meta({ description: 'Of every random choice of the method; 0 when left out.' }),
  validDataset: idSchema('dataset').optional().meta({
    description:
      "What early stopping and hyper-parameters go by, taken whole. When left out: the valid part of the paper's split where trainDataset holds interactions; where it holds samples a tenth of them, drawn by the seed, and the shots are drawn from the rest.",
  }),
  instructionsDataset: idSchema('dataset')
    .optional()
    .meta({ description: 'Instruction data of the first stage, for at, tallrec and tallrec-blend.' }),
  hyperParameters: hyperParametersSchema
    .strict()
    .optional()
    .meta({ description: "The recipe of methods that tune a language model; the paper's when left out." }),
});
type EvaluationFields = z.infer<typeof evaluationFields>;

/** Fields that say how a method is fit. */
const METHOD_FIELDS = ['shots', 'seed', 'validDataset', 'instructionsDataset', 'hyperParameters'] as const;

/** @returns what is wrong with each field, and how to mend it */
function problemsOf(body: EvaluationFields): Partial<Record<keyof EvaluationFields, string>> {
  const given = (fields: readonly (keyof EvaluationFields)[], problem: string) =>
    Object.fromEntries(fields.filter((field) => body[field] !== undefined).map((field) => [field, problem]));
  if (body.method === undefined) {
    return {
      ...(body.adapter === undefined ? given(['items'], 'goes with an adapter, or a method with a blend') : {}),
      ...given(METHOD_FIELDS, 'says how a method is fit: name a method, or leave it out'),
      ...(body.adapter === undefined ? given(['untuned'], 'goes with an adapter: name one, or leave it out') : {}),
      ...(body.model === undefined ? { model: 'name a model, or a method that needs none such as history-share' } : {}),
    };
  }
  const method = methodNamed(body.method);
  const lacks = (field: keyof EvaluationFields, what: string) =>
    body[field] === undefined ? { [field]: `the method ${method.name} needs ${what}` } : {};
  return {
    ...given(['adapter', 'untuned'], 'a method tunes its own: leave out the method to evaluate an adapter'),
    ...(usesLanguageModel(body.method)
      ? lacks('model', 'a language model: name one that a node holds (GET /v1/models)')
      : given(['model', 'hyperParameters'], `the method ${method.name} has no language model: leave it out`)),
    ...(method.needs === 'instructions'
      ? lacks('instructionsDataset', 'instruction data for its first stage')
      : given(['instructionsDataset'], `the method ${method.name} takes no instructions: leave it out`)),
    ...(method.blended ? {} : given(['items'], `the method ${method.name} has no blend: leave it out`)),
    ...(method.shotless ? {} : lacks('trainDataset', 'training data')),
    ...(body.trainDataset === undefined
      ? given(['validDataset'], 'goes with a trainDataset: name one, or leave it out')
      : {}),
  };
}

export const createEvaluationSchema = evaluationFields.superRefine((body, context) => {
  for (const [field, message] of Object.entries(problemsOf(body))) {
    context.addIssue({ code: 'custom', path: [field], message });
  }
});
export type CreateEvaluation = z.infer<typeof createEvaluationSchema>;

export const listEvaluationsQuerySchema = pageQuerySchema.extend({
  dataset: idSchema('dataset').optional().meta({ description: 'Only those that judge on it.' }),
  adapter: sha256Schema.optional().meta({ description: 'Only those of this adapter.' }),
});

export const evaluationSchema = z.object({
  id: idSchema('evaluation'),
  ...jobFields,
  /** Null for a method without a language model, as is the template. */
  model: z.string().nullable(),
  adapter: sha256Schema.nullable(),
  dataset: idSchema('dataset'),
  split: splitSchema,
  trainDataset: idSchema('dataset').nullable(),
  items: givenFactsSchema.nullable(),
  limit: countSchema(LIMITS.scoringRows).nullable(),
  template: templateSchema.nullable(),
  warnings: usageFields.warnings,
  /** Whether the model is scored without its adapter, too. */
  untuned: z.boolean(),
  /** Null where a model was evaluated, with or without an adapter; so is what follows. */
  method: evaluatedMethodSchema.nullable(),
  shots: shotsSchema.nullable(),
  seed: seedSchema.nullable(),
  validDataset: idSchema('dataset').nullable(),
  instructionsDataset: idSchema('dataset').nullable(),
  hyperParameters: hyperParametersSchema.nullable(),
  progress: z
    .object({
      phase: phaseSchema,
      done: countSchema(),
      total: countSchema(),
      etaMs: z.number().nullable(),
    })
    .nullable(),
  report: evaluationReportSchema.nullable(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

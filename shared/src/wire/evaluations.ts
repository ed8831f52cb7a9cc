import { z } from 'zod';
import { idSchema, sha256Schema } from '../ids.ts';
import { templateSchema } from '../prompt.ts';
import { adapterRefSchema } from './adapters.ts';
import { nameSchema, timestampSchema } from './page.ts';
import { jobErrorSchema, jobStateSchema } from './tunings.ts';

/** An AUC never stands alone: its interval, what is left within users, and the rules it has to beat come with it. */
export const evaluationReportSchema = z.object({
  auc: z.number().nullable(),
  interval: z
    .object({
      low: z.number(),
      high: z.number(),
      level: z.number(),
      resampled: z.enum(['users', 'rows']),
    })
    .nullable(),
  /** Mean over users that have both classes; null where there are none. */
  perUserAuc: z.number().nullable(),
  /** Users counted in `perUserAuc`. */
  users: z.number().int(),
  /** True where the samples name no users and these were found by their overlapping histories. */
  usersInferred: z.boolean().default(false),
  n: z.number().int(),
  likedShare: z.number(),
  /** The rule without parameters: share of the history that was liked. */
  ruleAuc: z.number().nullable(),
  rulePerUserAuc: z.number().nullable(),
  /** Item popularity in the training samples; null where none were given. */
  popularityAuc: z.number().nullable(),
  popularityPerUserAuc: z.number().nullable(),
  /** The adapter's blend of model, history and, where training samples were given, popularity; null where it has none. */
  blendAuc: z.number().nullable().default(null),
  blendPerUserAuc: z.number().nullable().default(null),
  template: templateSchema,
  precision: z.string(),
  provider: z.string(),
  tokens: z.number().int(),
  durationMs: z.number(),
});
export type EvaluationReport = z.infer<typeof evaluationReportSchema>;

export const createEvaluationSchema = z.object({
  name: nameSchema.optional(),
  model: z.string().min(1),
  /** Without one the base model is evaluated. */
  adapter: adapterRefSchema.optional(),
  dataset: idSchema('dataset'),
  /** Which part of an interactions dataset, by the paper's split; other datasets are taken whole. */
  split: z.enum(['train', 'valid', 'test', 'all']).default('test'),
  /** The training data, for item popularity. */
  trainDataset: idSchema('dataset').optional(),
  limit: z.number().int().min(1).optional(),
  template: templateSchema.default('clean'),
});
export type CreateEvaluation = z.infer<typeof createEvaluationSchema>;

export const evaluationSchema = z.object({
  id: idSchema('evaluation'),
  name: nameSchema,
  state: jobStateSchema,
  model: z.string(),
  adapter: sha256Schema.nullable(),
  dataset: idSchema('dataset'),
  split: z.enum(['train', 'valid', 'test', 'all']),
  trainDataset: idSchema('dataset').nullable(),
  limit: z.number().int().nullable(),
  template: templateSchema,
  node: z.string().nullable(),
  fence: z.number().int(),
  progress: z.object({ done: z.number().int(), total: z.number().int(), etaMs: z.number().nullable() }).nullable(),
  report: evaluationReportSchema.nullable(),
  error: jobErrorSchema.nullable(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Evaluation = z.infer<typeof evaluationSchema>;

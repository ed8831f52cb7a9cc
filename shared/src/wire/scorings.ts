// Batch scoring: a dataset in, one prediction a row out, in order.
import { z } from 'zod';
import { countSchema } from '../counts.ts';
import { idSchema, sha256Schema } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { adapterRefSchema, forceSchema, itemsFieldSchema, templateFieldSchema, usageFields } from './adapters.ts';
import { givenFactsSchema } from './datasets.ts';
import { createJobFields, jobFields, modelNameSchema } from './jobs.ts';
import { scoreSchema } from './score.ts';

const TASKS = ['score', 'rank'] as const;
export const scoringTaskSchema = z.enum(TASKS).meta({
  description:
    '`score`: the probability that the target of each row is liked; interactions are scored as the samples that they give. `rank`: for each row’s history (samples), or each user’s latest (interactions), the items of `catalogue` that are not in it, best first.',
});

export const createScoringSchema = z
  .strictObject({
    ...createJobFields,
    model: modelNameSchema,
    adapter: adapterRefSchema.optional().describe('Without one the base model answers.'),
    items: itemsFieldSchema,
    template: templateFieldSchema,
    force: forceSchema,
    task: scoringTaskSchema.default('score'),
    dataset: idSchema('dataset').describe('Samples, labelled or not, or interactions.'),
    catalogue: idSchema('dataset')
      .optional()
      .describe(
        'For `rank`: a dataset of items, or of interactions or samples, whose items it then is. It may be `dataset` itself.',
      ),
    top: z
      .number()
      .int()
      .min(1)
      .max(LIMITS.rankedTop)
      .optional()
      .describe('For `rank`: how many of the best are kept a row.'),
  })
  .superRefine(({ task, catalogue, top }, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (task === 'rank' && !catalogue) wrong('catalogue', 'name the dataset whose items to rank');
    if (task === 'score' && catalogue) wrong('catalogue', 'goes with "task": "rank": leave it out');
    if (task === 'score' && top !== undefined) wrong('top', 'goes with "task": "rank": leave it out');
  });
export type CreateScoring = z.infer<typeof createScoringSchema>;

export const scoringSchema = z.object({
  id: idSchema('scoring'),
  ...jobFields,
  model: z.string(),
  adapter: sha256Schema.nullable(),
  items: givenFactsSchema.nullable(),
  ...usageFields,
  task: scoringTaskSchema,
  dataset: idSchema('dataset'),
  catalogue: idSchema('dataset').nullable(),
  top: countSchema(LIMITS.rankedTop).nullable(),
  progress: z
    .object({
      rowsDone: countSchema(LIMITS.scoringRows),
      rowsTotal: countSchema(LIMITS.scoringRows),
      chunksDone: countSchema(LIMITS.scoringRows),
      chunksTotal: countSchema(LIMITS.scoringRows),
      etaMs: z.number().nullable(),
    })
    .nullable(),
  /** Rows whose predictions can be downloaded: all of them, or those up to the first that a stopped job did not reach. */
  rows: countSchema(LIMITS.scoringRows).nullable(),
  tokens: countSchema().nullable(),
});
export type Scoring = z.infer<typeof scoringSchema>;

/** A line of the predictions of `score`; `row` counts from 0, as the rows of the dataset do, or the samples that its ratings give. */
export const scoredRowSchema = scoreSchema.extend({
  row: countSchema(LIMITS.scoringRows),
  user: z.string().optional(),
  id: z.string().optional().describe('Of the target, as `title` is.'),
  title: z.string().optional(),
  liked: z.boolean().optional(),
});
export type ScoredRow = z.infer<typeof scoredRowSchema>;

/** A line of the predictions of `rank`: one a row of samples, or a user of interactions. */
export const rankedRowSchema = z.object({
  row: countSchema(LIMITS.scoringRows),
  user: z.string().optional(),
  ranking: z.array(scoreSchema.extend({ id: z.string().optional(), title: z.string() })),
});
export type RankedRow = z.infer<typeof rankedRowSchema>;

export const predictionsQuerySchema = z.object({ format: z.enum(['jsonl', 'csv']).default('jsonl') });

import { z } from 'zod';
import { countSchema } from '../counts.ts';
import { sha256Schema } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { templateSchema } from '../prompt.ts';
import { historyItemSchema, itemSchema, nounSchema, sampleSchema } from '../sample.ts';
import { adapterRefSchema, forceSchema, itemsFieldSchema, templateFieldSchema, usageFields } from './adapters.ts';
import { modelNameSchema } from './jobs.ts';

const modelFields = {
  model: modelNameSchema,
  adapter: adapterRefSchema
    .optional()
    .describe('By its content hash or an alias, such as production; without one the base model answers.'),
  items: itemsFieldSchema,
  template: templateFieldSchema,
  force: forceSchema,
};

export const scoreRequestSchema = z.strictObject({
  ...modelFields,
  samples: z.array(sampleSchema).min(1).max(LIMITS.scoreSamples),
});
export type ScoreRequest = z.infer<typeof scoreRequestSchema>;

/** `score` is the softmax over the two answer tokens' logits at the last prompt position. */
export const scoreSchema = z.object({
  score: z.number(),
  yesLogit: z.number(),
  noLogit: z.number(),
  blendScore: z
    .number()
    .optional()
    .describe("The probability of a like by the adapter's blend, where it has one: it stands beside the score."),
  blendRank: z
    .number()
    .optional()
    .describe("What the adapter's blend orders candidates of one history by; between histories it says nothing."),
});
export type Score = z.infer<typeof scoreSchema>;

export const scoreResponseSchema = z.object({
  scores: z.array(scoreSchema),
  model: z.string(),
  adapter: sha256Schema.nullable(),
  tokens: countSchema(),
  ...usageFields,
});
export type ScoreResponse = z.infer<typeof scoreResponseSchema>;

export const RANK_ORDERS = ['blend', 'score'] as const;
export const rankOrderSchema = z
  .enum(RANK_ORDERS)
  .optional()
  .describe(
    "blend, also when left out: by the adapter's blend where it has one, else by the score. score: by the score in any case.",
  );
export type RankOrder = (typeof RANK_ORDERS)[number];

/** One history, many candidates; `--request` of the CLI takes the same without the model fields. */
export const rankInputSchema = z.object({
  noun: nounSchema.default('movie'),
  history: z.array(historyItemSchema).max(LIMITS.historyItems),
  candidates: z.array(itemSchema).min(1).max(LIMITS.rankCandidates),
  orderBy: rankOrderSchema,
});
export type RankInput = z.infer<typeof rankInputSchema>;

export const rankRequestSchema = rankInputSchema.extend(modelFields).strict();
export type RankRequest = z.infer<typeof rankRequestSchema>;

export const rankedSchema = scoreSchema.extend({
  /** Place of the candidate in the request, from 0. */
  index: countSchema(LIMITS.rankCandidates - 1),
  candidate: itemSchema,
});
export type Ranked = z.infer<typeof rankedSchema>;

/** Best first, for sorting; of equals neither comes first. */
export function compareRanked(orderBy: RankOrder = 'blend'): (a: Score, b: Score) => number {
  const key = ({ score, blendRank }: Score) => (orderBy === 'blend' ? (blendRank ?? score) : score);
  return (a, b) => key(b) - key(a);
}

/** Best first; ties keep the order of the request. */
export const rankResponseSchema = z.object({
  ranking: z.array(rankedSchema),
  model: z.string(),
  adapter: sha256Schema.nullable(),
  tokens: countSchema(),
  ...usageFields,
});
export type RankResponse = z.infer<typeof rankResponseSchema>;

export const formatRequestSchema = z.strictObject({
  samples: z.array(sampleSchema).min(1).max(LIMITS.formatSamples),
  template: templateSchema.default('clean'),
});
export const formatResponseSchema = z.object({ prompts: z.array(z.string()), template: templateSchema });

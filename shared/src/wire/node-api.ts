// The node's own API, which the edge reaches through the link and which may also be served on localhost.
import { z } from 'zod';
import { countSchema } from '../counts.ts';
import { sha256Schema } from '../ids.ts';
import { templateSchema } from '../prompt.ts';
import { sampleSchema } from '../sample.ts';
import { tuningSettingsSchema } from '../tuning.ts';
import { goldenScoresSchema } from './adapters.ts';
import { jobAdapterSchema, jobFactsSchema } from './link.ts';
import { rankInputSchema, rankResponseSchema, scoreResponseSchema } from './score.ts';

export const NODE_PATHS = {
  health: '/health',
  tokens: '/tokens',
  score: '/score',
  rank: '/rank',
  estimate: '/estimate',
  trial: '/trial',
} as const;

/** What the edge relays: the adapter with signed paths, so that a node that lacks it can load it just in time. */
const relayedFields = {
  model: z.string().min(1),
  template: templateSchema,
  adapter: jobAdapterSchema.nullable(),
};

const scoredFields = {
  ...relayedFields,
  /** In place of those of the adapter's blend. */
  items: jobFactsSchema.nullable().default(null),
};

export const nodeScoreRequestSchema = z.object({ ...scoredFields, samples: z.array(sampleSchema).min(1) });
export type NodeScoreRequest = z.infer<typeof nodeScoreRequestSchema>;

export const nodeScoreResponseSchema = scoreResponseSchema.omit({ template: true, warnings: true });
export type NodeScoreResponse = z.infer<typeof nodeScoreResponseSchema>;

export const nodeRankRequestSchema = rankInputSchema.extend(scoredFields);
export type NodeRankRequest = z.infer<typeof nodeRankRequestSchema>;
export const nodeRankResponseSchema = rankResponseSchema.omit({ template: true, warnings: true });
export type NodeRankResponse = z.infer<typeof nodeRankResponseSchema>;

/** Asks for an adapter to be loaded, and to score something, before anybody relies on it. */
export const nodeTrialRequestSchema = z.object({ ...relayedFields, adapter: jobAdapterSchema });
export type NodeTrialRequest = z.infer<typeof nodeTrialRequestSchema>;
export const nodeTrialResponseSchema = z.object({
  golden: goldenScoresSchema,
  /** Content hash of the model that it was tried on. */
  modelHash: sha256Schema,
  /** What of its files is left out of account; nodes that are older than this say nothing. */
  warnings: z.array(z.string()).default([]),
});
export type NodeTrial = z.infer<typeof nodeTrialResponseSchema>;

export const nodeTokensRequestSchema = z.object({
  model: z.string().min(1),
  texts: z.array(z.string()).max(100),
  /** Whether to show them too. */
  pieces: z.boolean().default(false),
});
export const nodeTokensResponseSchema = z.object({
  /** Tokens of each text, as the scorer would count them: with what the tokenizer puts before it. */
  counts: z.array(z.number().int()),
  /** Each text cut into its tokens; nodes that are older than this say nothing. */
  pieces: z.array(z.array(z.string())).optional(),
});

/** What a tuning would take on this node. */
export const nodeEstimateRequestSchema = z.object({
  model: z.string().min(1),
  settings: tuningSettingsSchema,
  /** How many it would learn from and be judged by; null where that is not known. */
  samples: z.object({ train: countSchema(), valid: countSchema() }).nullable(),
  /** Some of them as they are learned from, prompt with answer: they say how long a sample is. */
  texts: z.array(z.string()).max(100),
});
export type NodeEstimateRequest = z.infer<typeof nodeEstimateRequestSchema>;

const bytesSchema = countSchema();

/** The memory that a tuning is planned to take, from its graph, and what there is. */
export const memoryEstimateSchema = z.object({
  fits: z.boolean(),
  totalBytes: bytesSchema,
  limitBytes: bytesSchema,
  parts: z.object({
    weights: bytesSchema,
    activations: bytesSchema,
    logits: bytesSchema,
    gradients: bytesSchema,
    optimizer: bytesSchema,
    slack: bytesSchema,
  }),
  /** Format of the frozen weights. */
  weights: z.string(),
  /** Sequences of so many tokens computed at once. */
  microBatch: countSchema(),
  length: countSchema(),
  /** Each layer is computed again in the backward pass, as less would not fit. */
  checkpointing: z.boolean(),
});
export type MemoryEstimate = z.infer<typeof memoryEstimateSchema>;

/** From its beginning on the node to its end, with the model's loading and the evaluations. */
export const timeEstimateSchema = z.object({
  /** Where its patience ends it as early as it can. */
  leastMs: z.number().min(0),
  /** With all of its steps. */
  mostMs: z.number().min(0),
  /** At which it learns. */
  tokensPerSecond: z.number().positive(),
});
export type TimeEstimate = z.infer<typeof timeEstimateSchema>;

export const nodeEstimateSchema = z.object({
  /** Null for a GPU that does not tell how much it has. */
  memory: memoryEstimateSchema.nullable(),
  /** In words, where it does not fit. */
  wouldFit: z.string().nullable(),
  /** Mean of the samples at hand, by the model's own tokenizer. */
  tokensPerSample: z.number().positive().nullable(),
  time: timeEstimateSchema.nullable(),
  /** What the time rests on, or why there is none. */
  basis: z.string(),
  /** The model is being tried out for a moment: ask again. */
  measuring: z.boolean(),
});
export type NodeEstimate = z.infer<typeof nodeEstimateSchema>;

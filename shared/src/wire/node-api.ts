// The node's own API, which the edge reaches through the link and which may also be served on localhost.
import { z } from 'zod';
import { templateSchema } from '../prompt.ts';
import { sampleSchema } from '../sample.ts';
import { jobAdapterSchema } from './link.ts';
import { rankInputSchema } from './score.ts';

export const NODE_PATHS = { health: '/health', tokens: '/tokens', score: '/score', rank: '/rank' } as const;

/** What the edge relays: the adapter with signed paths, so that a node that lacks it can load it just in time. */
const relayedFields = {
  model: z.string().min(1),
  template: templateSchema,
  adapter: jobAdapterSchema.nullable(),
};

export const nodeScoreRequestSchema = z.object({ ...relayedFields, samples: z.array(sampleSchema).min(1) });
export type NodeScoreRequest = z.infer<typeof nodeScoreRequestSchema>;

export const nodeRankRequestSchema = rankInputSchema.extend(relayedFields);
export type NodeRankRequest = z.infer<typeof nodeRankRequestSchema>;

export const nodeTokensRequestSchema = z.object({ model: z.string().min(1), texts: z.array(z.string()).max(100) });
/** Tokens of each text, as the scorer would count them. */
export const nodeTokensResponseSchema = z.object({ counts: z.array(z.number().int()) });

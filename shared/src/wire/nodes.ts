import { z } from 'zod';
import { idSchema, sha256Schema } from '../ids.ts';
import { nameSchema, timestampSchema } from './page.ts';

export const modelInfoSchema = z.object({
  name: z.string().min(1),
  contentHash: sha256Schema,
  parameters: z.number().int(),
  layers: z.number().int(),
  hiddenSize: z.number().int(),
  vocabSize: z.number().int(),
  contextTokens: z.number().int(),
});
export type ModelInfo = z.infer<typeof modelInfoSchema>;

/** What a node says of itself, at connection and with every heartbeat. */
export const nodeStatusSchema = z.object({
  version: z.string(),
  provider: z.string(),
  precision: z.string(),
  memoryBytes: z.number().int(),
  models: z.array(modelInfoSchema),
  /** Content hashes of the adapters that can be scored with at once. */
  adapters: z.array(sha256Schema),
  runningJob: z.string().nullable(),
  queuedRequests: z.number().int(),
});
export type NodeStatus = z.infer<typeof nodeStatusSchema>;

export const createNodeSchema = z.object({ name: nameSchema });

export const nodeSchema = z.object({
  id: idSchema('node'),
  name: nameSchema,
  connected: z.boolean(),
  lastSeenAt: timestampSchema.nullable(),
  status: nodeStatusSchema.nullable(),
  createdAt: timestampSchema,
});
export type Node = z.infer<typeof nodeSchema>;

/** The only answer that ever holds the secret: `tallrec serve --token` takes it. */
export const createdNodeSchema = z.object({ node: nodeSchema, secret: z.string() });

export const modelSchema = modelInfoSchema.extend({ nodes: z.array(idSchema('node')) });

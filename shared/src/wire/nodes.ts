import { z } from 'zod';
import { countSchema } from '../counts.ts';
import { idSchema, sha256Schema } from '../ids.ts';
import { keptNameSchema, nameSchema, timestampSchema } from './page.ts';

export const modelInfoSchema = z.object({
  name: z.string().min(1),
  contentHash: sha256Schema,
  parameters: countSchema(),
  layers: countSchema(),
  hiddenSize: countSchema(),
  vocabSize: countSchema(),
  contextTokens: countSchema(),
});
export type ModelInfo = z.infer<typeof modelInfoSchema>;

/** What a node says of itself, at connection and with every heartbeat. */
export const nodeStatusSchema = z.object({
  version: z.string(),
  provider: z.string(),
  precision: z.string(),
  memoryBytes: countSchema(),
  models: z.array(modelInfoSchema),
  /** Content hashes of the adapters that can be scored with at once. */
  adapters: z.array(sha256Schema),
  runningJob: z.string().nullable(),
  queuedRequests: countSchema(),
  encoder: z
    .boolean()
    .optional()
    .meta({ description: 'Whether it has a sentence encoder, which GRU-BERT and DROS-BERT need (TALLREC_ENCODER).' }),
});
export type NodeStatus = z.infer<typeof nodeStatusSchema>;

export const createNodeSchema = z.strictObject({
  name: nameSchema,
  workspace: idSchema('workspace')
    .nullable()
    .optional()
    .meta({ description: 'For the operator: whose node it is; null or left out, it serves every workspace.' }),
});
export type CreateNode = z.infer<typeof createNodeSchema>;

export const nodeSchema = z.object({
  id: idSchema('node'),
  name: keptNameSchema,
  /** True for a node of the operator's, which serves every workspace. */
  shared: z.boolean(),
  /** `joining` until its token was exchanged for its secret. */
  state: z.enum(['joining', 'offline', 'online', 'upgrade']).meta({
    description: '`upgrade`: its version does not fit the edge; update it and start it again.',
  }),
  connected: z.boolean(),
  /** It takes no new job and no requests, and ends what it has. */
  draining: z.boolean(),
  lastSeenAt: timestampSchema.nullable(),
  status: nodeStatusSchema.nullable(),
  createdBy: z.string(),
  createdAt: timestampSchema,
});
export type Node = z.infer<typeof nodeSchema>;

/** The only answer that ever holds the token: `tallrec serve --edge URL --token TOKEN` exchanges it, once and within the hour. */
export const createdNodeSchema = z.object({ node: nodeSchema, token: z.string(), expiresAt: timestampSchema });

/** Answers to nodes themselves, under /internal: their secret, and it alone. */
export const nodeSecretSchema = z.object({ node: idSchema('node'), secret: z.string() });
export type NodeSecret = z.infer<typeof nodeSecretSchema>;

export const NODE_DOORS = {
  /** With a join token: answers `nodeSecretSchema`. */
  join: '/internal/nodes/join',
  /** With its secret: answers a new one; the old one holds until the new one was used. */
  rotate: '/internal/nodes/rotate',
  /** With its secret: `{draining}`. */
  drain: '/internal/nodes/drain',
} as const;
export const drainSchema = z.object({ draining: z.boolean() });

export const modelSchema = modelInfoSchema.extend({ nodes: z.array(idSchema('node')) });
export type Model = z.infer<typeof modelSchema>;

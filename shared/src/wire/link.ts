// The node link: every frame that travels between the edge and a node, version 1. Bulk bytes go by signed URLs instead.
import { z } from 'zod';
import { blendSchema } from '../blend.ts';
import { sha256Schema } from '../ids.ts';
import { samplingSchema } from '../interactions.ts';
import { evaluatedMethodSchema } from '../methods.ts';
import { templateSchema } from '../prompt.ts';
import { hyperParametersSchema, STOP_REASONS, tuningEventSchema, tuningSettingsSchema } from '../tuning.ts';
import { adapterFilesSchema, goldenScoresSchema } from './adapters.ts';
import { datasetKindSchema } from './datasets.ts';
import { evaluationPhaseSchema, evaluationReportSchema } from './evaluations.ts';
import { nodeStatusSchema } from './nodes.ts';
import { jobErrorSchema } from './tunings.ts';

export const LINK_VERSION = 1;
export const LINK_PATH = '/internal/nodes/connect';

/** A path on the edge with a signed token; the node resolves it against the edge's URL. */
const signedPathSchema = z.string().startsWith('/');

/** Validated rows as JSONL: interactions, samples or instructions by `kind`. */
export const jobDataSchema = z.object({
  kind: datasetKindSchema,
  sampling: samplingSchema,
  path: signedPathSchema,
  /** Which part of interactions' samples, by the paper's split. */
  split: z.enum(['train', 'valid', 'test', 'all']),
});
export type JobData = z.infer<typeof jobDataSchema>;

export const jobAdapterSchema = z.object({
  id: sha256Schema,
  configPath: signedPathSchema,
  weightsPath: signedPathSchema,
  golden: goldenScoresSchema.nullable(),
  blend: blendSchema.nullable().default(null),
});
export type JobAdapter = z.infer<typeof jobAdapterSchema>;

const jobFields = { id: z.string().min(1), fence: z.number().int().min(0) };
const modelNameSchema = z.string().min(1);

export const tuneJobSchema = z.object({
  ...jobFields,
  kind: z.literal('tune'),
  model: modelNameSchema,
  settings: tuningSettingsSchema,
  train: jobDataSchema,
  valid: jobDataSchema.nullable(),
  init: jobAdapterSchema.nullable(),
  results: z.object({
    configPath: signedPathSchema,
    weightsPath: signedPathSchema,
    reportPath: signedPathSchema,
  }),
});
export type TuneJob = z.infer<typeof tuneJobSchema>;

/** A method to be fit, and judged in place of a model with its adapter. */
export const methodFitSchema = z.object({
  method: evaluatedMethodSchema,
  shots: z.number().int().min(1).nullable(),
  seed: z.number().int().min(0),
  hyperParameters: hyperParametersSchema.nullable(),
});

export const evaluateJobSchema = z.object({
  ...jobFields,
  kind: z.literal('evaluate'),
  /** Null for a method without a language model. */
  model: modelNameSchema.nullable(),
  fit: methodFitSchema.nullable().default(null),
  template: templateSchema,
  data: jobDataSchema,
  train: jobDataSchema.nullable(),
  valid: jobDataSchema.nullable().default(null),
  instructions: jobDataSchema.nullable().default(null),
  limit: z.number().int().nullable(),
  adapter: jobAdapterSchema.nullable(),
  results: z.object({ predictionsPath: signedPathSchema }),
});
export type EvaluateJob = z.infer<typeof evaluateJobSchema>;

export const jobSchema = z.discriminatedUnion('kind', [tuneJobSchema, evaluateJobSchema]);
export type Job = z.infer<typeof jobSchema>;

export const tuneResultSchema = z.object({
  kind: z.literal('tune'),
  adapter: sha256Schema,
  modelHash: sha256Schema,
  files: adapterFilesSchema,
  golden: goldenScoresSchema,
  blend: blendSchema.nullable().default(null),
  bestValidAuc: z.number().nullable(),
  bestValidLoss: z.number().nullable(),
  stopReason: z.enum(STOP_REASONS),
});
export type TuneResult = z.infer<typeof tuneResultSchema>;

export const evaluateResultSchema = z.object({ kind: z.literal('evaluate'), report: evaluationReportSchema });

export const jobOutcomeSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('succeeded'),
    result: z.discriminatedUnion('kind', [tuneResultSchema, evaluateResultSchema]),
  }),
  z.object({ status: z.literal('failed'), error: jobErrorSchema }),
  z.object({ status: z.literal('cancelled') }),
]);
export type JobOutcome = z.infer<typeof jobOutcomeSchema>;

export const jobProgressSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tune'), events: z.array(tuningEventSchema).min(1) }),
  z.object({
    kind: z.literal('evaluate'),
    phase: evaluationPhaseSchema.default('score'),
    done: z.number().int(),
    total: z.number().int(),
    etaMs: z.number().nullable(),
  }),
]);
export type JobProgress = z.infer<typeof jobProgressSchema>;

/** From the edge to a node. */
export const edgeFrameSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    version: z.literal(LINK_VERSION),
    node: z.string(),
    /** A node not heard of for as long has lost its job; it pings four times as often. */
    leaseMs: z.number().int().min(1),
  }),
  /** Relayed to the node's own Hono app; `body` is JSON. */
  z.object({
    type: z.literal('request'),
    id: z.number().int(),
    method: z.enum(['GET', 'POST']),
    path: z.string().startsWith('/'),
    body: z.unknown().optional(),
  }),
  z.object({ type: z.literal('job'), job: jobSchema }),
  z.object({ type: z.literal('cancel'), job: z.string(), fence: z.number().int() }),
  /** The edge has recorded this outcome; the node may forget it. */
  z.object({ type: z.literal('recorded'), job: z.string(), fence: z.number().int() }),
  /** The same node has connected again; this socket is to close and not to dial again. */
  z.object({ type: z.literal('replaced') }),
]);
export type EdgeFrame = z.infer<typeof edgeFrameSchema>;

/** From a node to the edge. */
export const nodeFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('response'), id: z.number().int(), status: z.number().int(), body: z.unknown() }),
  z.object({ type: z.literal('accepted'), job: z.string(), fence: z.number().int() }),
  z.object({ type: z.literal('progress'), job: z.string(), fence: z.number().int(), progress: jobProgressSchema }),
  /** Sent again on every connection until the edge answers `recorded`. */
  z.object({ type: z.literal('finished'), job: z.string(), fence: z.number().int(), outcome: jobOutcomeSchema }),
  z.object({ type: z.literal('heartbeat'), version: z.literal(LINK_VERSION), status: nodeStatusSchema }),
]);
export type NodeFrame = z.infer<typeof nodeFrameSchema>;

/** Sent as bare text and answered by the platform without waking the object. */
export const PING = 'ping';
export const PONG = 'pong';

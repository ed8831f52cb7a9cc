// The node link: every frame that travels between the edge and a node. Bulk bytes go by signed URLs instead.
import { z } from 'zod';
import { sha256Schema } from '../ids.ts';
import { samplingSchema } from '../interactions.ts';
import { LIMITS } from '../limits.ts';
import { evaluatedMethodSchema } from '../methods.ts';
import { templateSchema } from '../prompt.ts';
import { hyperParametersSchema, STOP_REASONS, tuningSettingsSchema } from '../tuning.ts';
import { adapterFilesSchema, blendFileSchema, blendRecordSchema, goldenScoresSchema } from './adapters.ts';
import { datasetKindSchema } from './datasets.ts';
import { evaluationReportSchema } from './evaluations.ts';
import { jobErrorSchema, nodeEventSchema } from './jobs.ts';
import { nodeStatusSchema } from './nodes.ts';

/** Both ends say it in the header `LINK_VERSION_HEADER` of the handshake; where they differ, the edge answers UPGRADE_REQUIRED. */
export const LINK_VERSION = 4;
export const LINK_PATH = '/internal/nodes/connect';
export const LINK_VERSION_HEADER = 'X-Tallrec-Link';

/** Why the edge closes a socket; the node does not dial again after those of `LAST_CLOSES`. */
export const LINK_CLOSES = {
  replaced: 4001,
  removed: 4003,
  silent: 4008,
  /** A frame of a type or form that this end does not know: one of the two is too old. */
  upgrade: 4010,
} as const;
export const LAST_CLOSES: readonly number[] = [LINK_CLOSES.replaced, LINK_CLOSES.removed, LINK_CLOSES.upgrade];

/** A path on the edge with a signed token; the node resolves it against the edge's URL. */
const signedPathSchema = z.string().startsWith('/');

/** Validated rows as JSONL, of one kind. */
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
  /** Its `blend.json`. */
  blend: blendFileSchema.extend({ path: signedPathSchema }).nullable().default(null),
  /** Content hash of the model that it is for; null where any will do. */
  modelHash: sha256Schema.nullable().default(null),
});
export type JobAdapter = z.infer<typeof jobAdapterSchema>;

/** Facts about items, as one `itemStatisticsSchema` document; a node keeps it under its hash. */
export const jobFactsSchema = z.object({
  sha256: sha256Schema,
  bytes: z.number().int().min(1).max(LIMITS.factsBytes),
  path: signedPathSchema,
});
export type JobFacts = z.infer<typeof jobFactsSchema>;

/** A checkpoint that some node has left on the edge. */
export const jobCheckpointSchema = z.object({
  step: z.number().int(),
  files: z.array(z.object({ file: z.string(), path: signedPathSchema, bytes: z.number().int(), sha256: sha256Schema })),
});
export type JobCheckpoint = z.infer<typeof jobCheckpointSchema>;

const jobFields = {
  id: z.string().min(1),
  fence: z.number().int().min(0),
  /** Where results and checkpoints are announced: see `announceResultSchema`. */
  resultsPath: signedPathSchema,
  checkpoint: jobCheckpointSchema.nullable(),
  /** Between two checkpoints that are sent. */
  checkpointEveryMs: z.number().int().min(0),
  /** It was asked to stop before it was given out again: keep what the checkpoint has and end. */
  stopping: z.boolean(),
};
const modelNameSchema = z.string().min(1);

export const tuneJobSchema = z.object({
  ...jobFields,
  kind: z.literal('tune'),
  model: modelNameSchema,
  settings: tuningSettingsSchema,
  train: jobDataSchema,
  valid: jobDataSchema.nullable(),
  /** What the blend is fit with beside the samples. */
  items: jobFactsSchema.nullable().default(null),
  init: jobAdapterSchema.nullable(),
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
  /** In place of those of the adapter's blend; of a method, what its blend is fit with. */
  items: jobFactsSchema.nullable().default(null),
  adapter: jobAdapterSchema.nullable(),
  untuned: z.boolean().default(false),
});
export type EvaluateJob = z.infer<typeof evaluateJobSchema>;

/** One piece of a batch scoring. */
export const scoreJobSchema = z.object({
  ...jobFields,
  kind: z.literal('score'),
  model: modelNameSchema,
  adapter: jobAdapterSchema.nullable(),
  /** In place of those of the adapter's blend. */
  items: jobFactsSchema.nullable().default(null),
  template: templateSchema,
  data: jobDataSchema,
  /** Of samples, the bytes of the file in which this piece's whole rows lie; null for interactions. */
  range: z.object({ offset: z.number().int(), bytes: z.number().int() }).nullable(),
  /** Of its first row among all of the dataset: of interactions, of their samples, or to rank, of their users in order of first appearance. */
  firstRow: z.number().int(),
  rows: z.number().int().min(1),
  /** Null for `score`. */
  rank: z.object({ catalogue: jobDataSchema, top: z.number().int().min(1) }).nullable(),
});
export type ScoreJob = z.infer<typeof scoreJobSchema>;

export const jobSchema = z.discriminatedUnion('kind', [tuneJobSchema, evaluateJobSchema, scoreJobSchema]);
export type Job = z.infer<typeof jobSchema>;

/** Of a job that could not be read whole, enough to decline it. */
export const jobHeadSchema = z.object({ id: z.string().min(1), fence: z.number().int().min(0) });

export const tuneResultSchema = z.object({
  kind: z.literal('tune'),
  adapter: sha256Schema,
  modelHash: sha256Schema,
  files: adapterFilesSchema,
  golden: goldenScoresSchema,
  blend: blendRecordSchema.nullable().default(null),
  bestValidAuc: z.number().nullable(),
  bestValidLoss: z.number().nullable(),
  stopReason: z.enum(STOP_REASONS),
});
export type TuneResult = z.infer<typeof tuneResultSchema>;

export const evaluateResultSchema = z.object({ kind: z.literal('evaluate'), report: evaluationReportSchema });

/** The predictions themselves are announced as `PREDICTIONS_FILE`. */
export const scoreResultSchema = z.object({
  kind: z.literal('score'),
  rows: z.number().int(),
  tokens: z.number().int(),
  bytes: z.number().int(),
});

export const RESULT_FILES = {
  config: 'adapter_config.json',
  weights: 'adapter_model.safetensors',
  report: 'report.json',
  blend: 'blend.json',
  predictions: 'predictions.jsonl',
} as const;
/** Files of a checkpoint are announced as `checkpoint-STEP/FILE`; the event `checkpointed` makes it count. */
export const checkpointFile = (step: number, file: string) => `checkpoint-${step}/${file}`;

export const jobResultSchema = z.discriminatedUnion('kind', [
  tuneResultSchema,
  evaluateResultSchema,
  scoreResultSchema,
]);

export const jobOutcomeSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('succeeded'), result: jobResultSchema }),
  z.object({ status: z.literal('failed'), error: jobErrorSchema }),
  z.object({ status: z.literal('cancelled') }),
]);
export type JobOutcome = z.infer<typeof jobOutcomeSchema>;

/**
 * What became of an outcome. `applied`: the edge has it whole, the node may delete what it kept. `superseded`: nobody waits for it
 * any more, delete it too. `retry`: its files did not arrive as they were made; send them and the outcome again.
 */
export const verdictSchema = z.enum(['applied', 'superseded', 'retry']);
export type Verdict = z.infer<typeof verdictSchema>;

const ofJob = { job: z.string(), fence: z.number().int() };

/** From the edge to a node. */
export const edgeFrameSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    version: z.literal(LINK_VERSION),
    node: z.string(),
    /** A node not heard of for as long has lost its job; it pings four times as often. */
    leaseMs: z.number().int().min(1),
  }),
  /** Relayed to the node's own Hono app; `body` is JSON. After `deadlineMs` nobody waits for the answer. */
  z.object({
    type: z.literal('request'),
    id: z.number().int(),
    method: z.enum(['GET', 'POST']),
    path: z.string().startsWith('/'),
    deadlineMs: z.number().int().min(1),
    body: z.unknown().optional(),
  }),
  /** Whoever asked has gone: the request need not be answered. */
  z.object({ type: z.literal('abort'), id: z.number().int() }),
  z.object({ type: z.literal('job'), job: jobSchema }),
  z.object({ type: z.literal('cancel'), ...ofJob }),
  /** End the job soon and keep the best of what it has: it ends as a success. */
  z.object({ type: z.literal('stop'), ...ofJob }),
  z.object({ type: z.literal('verdict'), ...ofJob, verdict: verdictSchema }),
  /** Events up to this number are kept; the node may forget them. */
  z.object({ type: z.literal('acknowledged'), ...ofJob, seq: z.number().int() }),
  /** The same node has connected again; this socket is to close and not to dial again. */
  z.object({ type: z.literal('replaced') }),
]);
export type EdgeFrame = z.infer<typeof edgeFrameSchema>;

/** Of a request on its node: waiting for its turn, and in the engine. */
export const answerTimingsSchema = z.object({ queueMs: z.number().min(0), engineMs: z.number().min(0) });
export type AnswerTimings = z.infer<typeof answerTimingsSchema>;

/** From a node to the edge. */
export const nodeFrameSchema = z.discriminatedUnion('type', [
  /** Written in this order, its body last: an edge that sees the head need not read the body. */
  z.object({
    type: z.literal('response'),
    id: z.number().int(),
    status: z.number().int(),
    timings: answerTimingsSchema.optional(),
    body: z.unknown(),
  }),
  z.object({ type: z.literal('accepted'), ...ofJob }),
  /** The job cannot be taken; it goes back to the queue with these words. */
  z.object({ type: z.literal('declined'), ...ofJob, error: jobErrorSchema }),
  /** `seq` is the number of the first of them: they count from 1 within a fence, and are sent again until they are acknowledged. */
  z.object({
    type: z.literal('events'),
    ...ofJob,
    seq: z.number().int().min(1),
    events: z.array(nodeEventSchema).min(1).max(1000),
  }),
  /** Sent again until the edge answers with its verdict. */
  z.object({ type: z.literal('finished'), ...ofJob, outcome: jobOutcomeSchema }),
  z.object({ type: z.literal('heartbeat'), version: z.literal(LINK_VERSION), status: nodeStatusSchema }),
]);
export type NodeFrame = z.infer<typeof nodeFrameSchema>;

/** Sent as bare text and answered by the platform without waking the object. */
export const PING = 'ping';
export const PONG = 'pong';

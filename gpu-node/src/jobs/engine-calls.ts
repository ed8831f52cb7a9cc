// What a service process asks of an engine process, and what comes back: every message is parsed on both sides.
import { ERROR_CODES, type ErrorCode, TallrecError } from '@tallrec/shared/errors';
import { sha256Schema } from '@tallrec/shared/ids';
import { samplingSchema } from '@tallrec/shared/interactions';
import { templateSchema } from '@tallrec/shared/prompt';
import { sampleSchema } from '@tallrec/shared/sample';
import { STOP_REASONS, tuningSettingsSchema } from '@tallrec/shared/tuning';
import { adapterFilesSchema, blendRecordSchema, goldenScoresSchema } from '@tallrec/shared/wire/adapters';
import { datasetKindSchema } from '@tallrec/shared/wire/datasets';
import { evaluationReportSchema } from '@tallrec/shared/wire/evaluations';
import { nodeEventSchema } from '@tallrec/shared/wire/jobs';
import { answerTimingsSchema, methodFitSchema } from '@tallrec/shared/wire/link';
import { nodeEstimateSchema, nodeTokensRequestSchema, nodeTokensResponseSchema } from '@tallrec/shared/wire/node-api';
import { rankedSchema, rankInputSchema, scoreSchema } from '@tallrec/shared/wire/score';
import { z } from 'zod';
import { config } from '../config.ts';
import { WEIGHT_FORMATS } from '../llama/weight-file.ts';
import { COMPUTES } from '../models/converted-weights.ts';
import { measuredSchema, workSchema } from '../train/speeds.ts';
import { withoutPaths } from './public-words.ts';

export const providerSchema = z.enum(['cpu', 'webgpu', 'cuda']);
const requestedComputingSchema = z.object({
  provider: z.enum(['auto', ...providerSchema.options]),
  weights: z.enum(WEIGHT_FORMATS).optional(),
  compute: z.enum(COMPUTES).optional(),
  memoryBytes: z.number().positive().optional(),
});
const decidedComputingSchema = requestedComputingSchema.extend({
  provider: providerSchema,
  compute: z.enum(COMPUTES),
});
/** What an engine is to compute with: as asked for, and to be proven, or as another engine has proven it. */
export const engineComputingSchema = z.discriminatedUnion('proven', [
  requestedComputingSchema.extend({ proven: z.literal(false) }),
  decidedComputingSchema.extend({ proven: z.literal(true) }),
]);
export type EngineComputing = z.infer<typeof engineComputingSchema>;
/** The CPU as it always is; for tests and benchmarks. */
export const PLAIN_CPU: EngineComputing = { provider: 'cpu', compute: 'f32', proven: true };

/** What an engine process is for; it is seen in the list of processes. */
export const engineRoleSchema = z.enum(['probe', 'train', 'evaluate', 'score', 'plan', 'trial']);
export type EngineRole = z.infer<typeof engineRoleSchema>;

/** A checkpoint on this machine. */
export const modelPlaceSchema = z.object({ name: z.string(), dir: z.string(), contentHash: sha256Schema });
export type ModelPlace = z.infer<typeof modelPlaceSchema>;

/** An adapter on this machine, its files already checked against its name. */
export const adapterPlaceSchema = z.object({
  id: sha256Schema,
  dir: z.string(),
  golden: goldenScoresSchema.nullable(),
  /** Path of its `blend.json`. */
  blend: z.string().nullable(),
  /** Content hash of the model that it is for; null where any will do. */
  modelHash: sha256Schema.nullable().default(null),
});
export type AdapterPlace = z.infer<typeof adapterPlaceSchema>;

/** Rows on this machine: JSONL of one kind. */
export const dataPlaceSchema = z.object({
  kind: datasetKindSchema,
  sampling: samplingSchema,
  file: z.string(),
  split: z.enum(['train', 'valid', 'test', 'all']),
});
export type DataPlace = z.infer<typeof dataPlaceSchema>;

/** Path of a document of facts about items. */
const factsPlaceSchema = z.string().optional();

const scoringFields = { model: modelPlaceSchema, template: templateSchema, adapter: adapterPlaceSchema.nullable() };

/** Of a tuning that is thought of; some of its samples are given as prompts with their answers. */
const estimateFields = z.object({
  model: modelPlaceSchema,
  settings: tuningSettingsSchema,
  texts: z.array(z.string()),
});

export const ENGINE_CALLS = {
  /** Chooses what to compute on by running something on it. */
  probe: {
    params: z.object({}),
    result: decidedComputingSchema.extend({ precision: z.string(), reason: z.string() }),
  },
  tune: {
    params: z.object({
      model: modelPlaceSchema,
      settings: tuningSettingsSchema,
      train: dataPlaceSchema,
      valid: dataPlaceSchema.nullable(),
      facts: factsPlaceSchema,
      init: adapterPlaceSchema.nullable(),
      checkpointDir: z.string(),
      /** Gets what `writeTuned` leaves of a tuning. */
      outDir: z.string(),
      /** When the node began with it, in milliseconds since the epoch. */
      beganAtMs: z.number().optional(),
    }),
    result: z.object({
      files: adapterFilesSchema,
      golden: goldenScoresSchema,
      blend: blendRecordSchema.nullable(),
      bestValidAuc: z.number().nullable(),
      bestValidLoss: z.number().nullable(),
      stopReason: z.enum(STOP_REASONS),
    }),
  },
  evaluate: {
    params: z.object({
      ...scoringFields,
      model: modelPlaceSchema.nullable(),
      fit: methodFitSchema.nullable(),
      data: dataPlaceSchema,
      train: dataPlaceSchema.nullable(),
      valid: dataPlaceSchema.nullable(),
      instructions: dataPlaceSchema.nullable(),
      facts: factsPlaceSchema,
      checkpointDir: z.string(),
      limit: z.number().int().nullable(),
      untuned: z.boolean(),
      predictionsFile: z.string(),
    }),
    result: evaluationReportSchema,
  },
  score: {
    params: z.object({ ...scoringFields, facts: factsPlaceSchema, samples: z.array(sampleSchema) }),
    result: z.object({
      scores: z.array(scoreSchema),
      tokens: z.number().int(),
      timings: answerTimingsSchema.optional(),
    }),
  },
  rank: {
    params: rankInputSchema.extend({ ...scoringFields, facts: factsPlaceSchema }),
    result: z.object({
      ranking: z.array(rankedSchema),
      tokens: z.number().int(),
      timings: answerTimingsSchema.optional(),
    }),
  },
  /** What a tuning takes of memory, and how long its samples are, without the model's weights. */
  plan: {
    params: estimateFields,
    result: nodeEstimateSchema
      .pick({ memory: true, wouldFit: true, tokensPerSample: true })
      .extend({ work: workSchema }),
  },
  /** Tries out for a few seconds how fast a tuning would be. */
  trial: {
    params: estimateFields.extend({ stepRows: z.int().min(1), beganAtMs: z.number() }),
    result: measuredSchema,
  },
  /** Loads an adapter and has it score, to know that it can. */
  tryAdapter: {
    params: z.object({ ...scoringFields, adapter: adapterPlaceSchema }),
    result: z.object({ golden: goldenScoresSchema, warnings: z.array(z.string()) }),
  },
  tokens: {
    params: nodeTokensRequestSchema.extend({ model: modelPlaceSchema }),
    result: nodeTokensResponseSchema,
  },
} as const;

export type EngineMethod = keyof typeof ENGINE_CALLS;
export type EngineParams<M extends EngineMethod> = z.input<(typeof ENGINE_CALLS)[M]['params']>;
export type ParsedParams<M extends EngineMethod> = z.output<(typeof ENGINE_CALLS)[M]['params']>;
export type EngineResult<M extends EngineMethod> = z.output<(typeof ENGINE_CALLS)[M]['result']>;

const errorCodeSchema = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);
export const engineErrorSchema = z.object({ code: errorCodeSchema, message: z.string() });

/** To an engine process: a message holds those that were sent at once. */
export const engineRequestSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('call'), id: z.int(), method: z.string(), params: z.unknown() }),
  /** End the call; what it has need not be kept. */
  z.object({ type: z.literal('abort'), id: z.int() }),
  /** End the call soon, as a success with what it has. */
  z.object({ type: z.literal('stop'), id: z.int() }),
]);
export type EngineRequest = z.infer<typeof engineRequestSchema>;

export const engineRequestsSchema = z.array(engineRequestSchema);

/** From an engine process, likewise. */
export const engineReplySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('event'), id: z.int(), event: nodeEventSchema }),
  /** A whole checkpoint lies in `dir`, and stays as it is until the next one is told of. */
  z.object({ type: z.literal('checkpoint'), id: z.int(), step: z.int(), dir: z.string() }),
  z.object({ type: z.literal('result'), id: z.int(), result: z.unknown() }),
  z.object({ type: z.literal('error'), id: z.int(), error: engineErrorSchema }),
]);
export type EngineReply = z.infer<typeof engineReplySchema>;
export const engineRepliesSchema = z.array(engineReplySchema);

/** Gathers what is sent within one turn of the event loop into one message: a write costs more than what it carries. */
export class Outbox<T> {
  readonly #write: (messages: T[]) => void;
  #waiting: T[] = [];

  constructor(write: (messages: T[]) => void) {
    this.#write = write;
  }

  send(message: T): void {
    // After the promises that are being resolved: many of them send, too.
    if (this.#waiting.length === 0) process.nextTick(() => this.#flush());
    this.#waiting.push(message);
  }

  #flush(): void {
    const messages = this.#waiting;
    this.#waiting = [];
    this.#write(messages);
  }
}

function inPublic(message: string): string {
  const { home, modelsDir } = config();
  return withoutPaths(message, [home, modelsDir]);
}

/** What users may read of a fault, without this machine's paths; anything that was not meant for them becomes ENGINE_FAILED with its own message. */
export function describeFault(error: unknown): z.infer<typeof engineErrorSchema> {
  if (error instanceof TallrecError) return { code: error.code, message: inPublic(error.message) };
  const words = error instanceof Error ? error.message : String(error);
  return { code: 'ENGINE_FAILED', message: inPublic(`The engine stopped: ${words}`) };
}

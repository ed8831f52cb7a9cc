import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../errors.ts';
import { idSchema, sha256Schema } from '../ids.ts';
import { tuningEventSchema, tuningSettingsSchema } from '../tuning.ts';
import { adapterRefSchema } from './adapters.ts';
import { nameSchema, timestampSchema } from './page.ts';

export const JOB_STATES = ['queued', 'dispatched', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export const jobStateSchema = z.enum(JOB_STATES);
export type JobState = z.infer<typeof jobStateSchema>;

/** From each state, the states that may follow; tunings and evaluations share them. */
export const JOB_TRANSITIONS: Record<JobState, readonly JobState[]> = {
  queued: ['dispatched', 'cancelled', 'failed'],
  dispatched: ['queued', 'running', 'succeeded', 'failed', 'cancelled'],
  running: ['queued', 'succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: ['queued'],
  cancelled: ['queued'],
};

export function isTerminal(state: JobState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

/** Why a job ended as it did, in words for users. */
export const jobErrorSchema = z.object({
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
});
export type JobError = z.infer<typeof jobErrorSchema>;

export const createTuningSchema = tuningSettingsSchema.extend({
  name: nameSchema.optional(),
  model: z.string().min(1),
  dataset: idSchema('dataset'),
  /** Validation data; without it the split of `dataset` (interactions), or a seeded tenth of it, is held out. */
  validDataset: idSchema('dataset').optional(),
  /** The adapter to start from: the rec stage after the alpaca stage. */
  initAdapter: adapterRefSchema.optional(),
});
export type CreateTuning = z.infer<typeof createTuningSchema>;

export const tuningSchema = z.object({
  id: idSchema('tuning'),
  name: nameSchema,
  state: jobStateSchema,
  model: z.string(),
  dataset: idSchema('dataset'),
  validDataset: idSchema('dataset').nullable(),
  initAdapter: sha256Schema.nullable(),
  settings: tuningSettingsSchema,
  node: z.string().nullable(),
  /** Grows at each dispatch; a write with an older one changes nothing. */
  fence: z.number().int(),
  progress: z
    .object({
      step: z.number().int(),
      totalSteps: z.number().int(),
      loss: z.number().nullable(),
      validAuc: z.number().nullable(),
      etaMs: z.number().nullable(),
    })
    .nullable(),
  adapter: sha256Schema.nullable(),
  bestValidAuc: z.number().nullable(),
  stopReason: z.string().nullable(),
  error: jobErrorSchema.nullable(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Tuning = z.infer<typeof tuningSchema>;

/** An event as the API shows it: `seq` counts from 1 within a tuning and is the SSE id. */
export const sequencedEventSchema = z.object({
  seq: z.number().int(),
  at: timestampSchema,
  event: z.union([
    tuningEventSchema,
    z.object({ type: z.literal('state'), state: jobStateSchema, error: jobErrorSchema.nullable() }),
  ]),
});
export type SequencedEvent = z.infer<typeof sequencedEventSchema>;

/** The curves of a tuning, for charts. */
export const tuningMetricsSchema = z.object({
  steps: z.array(
    z.object({
      step: z.number().int(),
      loss: z.number(),
      learningRate: z.number(),
      gradientNorm: z.number(),
      tokensPerSecond: z.number(),
    }),
  ),
  evaluations: z.array(
    z.object({
      step: z.number().int(),
      validAuc: z.number().nullable(),
      validLoss: z.number(),
      best: z.boolean(),
    }),
  ),
});

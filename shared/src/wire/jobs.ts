// What tunings, evaluations and batch scorings have in common: their states, their story, and what may be done with them.
import { z } from 'zod';
import { countSchema } from '../counts.ts';
import { ERROR_CODES, type ErrorCode } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { tuningEventSchema } from '../tuning.ts';
import { keptNameSchema, nameSchema, timestampSchema } from './page.ts';

export const JOB_KINDS = ['tuning', 'evaluation', 'scoring'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** `publishing`: a node has finished, and its results are being checked and put in their place. */
export const JOB_STATES = [
  'queued',
  'dispatched',
  'running',
  'publishing',
  'succeeded',
  'failed',
  'cancelled',
  'deleting',
] as const;
export const jobStateSchema = z.enum(JOB_STATES);
export type JobState = z.infer<typeof jobStateSchema>;

/**
 * From each state, the states that may follow. A job that was given up as lost has ended well after all when its node comes back
 * with what it had finished, under a fence that nobody else was given.
 */
export const JOB_TRANSITIONS: Record<JobState, readonly JobState[]> = {
  queued: ['dispatched', 'publishing', 'succeeded', 'failed', 'cancelled'],
  dispatched: ['queued', 'running', 'publishing', 'succeeded', 'failed', 'cancelled'],
  running: ['queued', 'publishing', 'succeeded', 'failed', 'cancelled'],
  publishing: ['running', 'succeeded', 'failed', 'cancelled'],
  succeeded: ['deleting'],
  failed: ['queued', 'publishing', 'deleting'],
  cancelled: ['queued', 'deleting'],
  deleting: [],
};

export const ENDED_STATES = ['succeeded', 'failed', 'cancelled', 'deleting'] as const satisfies readonly JobState[];

export function isTerminal(state: JobState): boolean {
  return (ENDED_STATES as readonly JobState[]).includes(state);
}

/** What a list of jobs can be narrowed to. */
export const stateFilterSchema = z
  .enum(['unfinished', 'queued', 'dispatched', 'running', 'publishing', 'succeeded', 'failed', 'cancelled'])
  .meta({ description: 'Only those in this state; `unfinished`: all that have not ended.' });
export type StateFilter = z.infer<typeof stateFilterSchema>;

/** Why a job ended as it did, or why it waits, in words for users. */
export const jobErrorSchema = z.object({
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
});
export type JobError = z.infer<typeof jobErrorSchema>;

/** `fit`: a method learns, in steps or settings tried; `score`: rows are scored; `split`, `join`: a batch is cut up, and put together. */
export const phaseSchema = z.enum(['fit', 'score', 'split', 'join']);

/** What a node tells while it works, in the order in which it happened. */
export const nodeEventSchema = z.discriminatedUnion('type', [
  ...tuningEventSchema.options,
  z.object({
    type: z.literal('progress'),
    phase: phaseSchema,
    done: countSchema(),
    total: countSchema(),
    etaMs: z.number().nullable(),
  }),
  /** A checkpoint lies on the edge, so that another node can go on from this step. */
  z.object({ type: z.literal('checkpointed'), step: countSchema() }),
]);
export type NodeEvent = z.infer<typeof nodeEventSchema>;

export const stateEventSchema = z.object({
  type: z.literal('state'),
  state: jobStateSchema,
  node: z.string().nullable(),
  error: jobErrorSchema.nullable(),
});

export const jobEventSchema = z.discriminatedUnion('type', [...nodeEventSchema.options, stateEventSchema]);
export type JobEvent = z.infer<typeof jobEventSchema>;

/** An event as the API shows it: `seq` counts from 1 within a job and is the SSE id. */
export const sequencedEventSchema = z.object({
  seq: countSchema(),
  at: timestampSchema,
  event: jobEventSchema,
});
export type SequencedEvent = z.infer<typeof sequencedEventSchema>;

const priorityValueSchema = z.number().int().min(-10).max(10).meta({ example: 0 });
export const prioritySchema = priorityValueSchema.default(0).meta({
  description:
    'Jobs of a higher priority are given out first, among equals those of the workspace that has the fewest at work.',
});

/** Fields of every request that makes a job. */
export const createJobFields = {
  name: nameSchema.optional(),
  priority: prioritySchema,
  wait: z.boolean().default(false).meta({
    description: 'Accept it although no node holds the model, and wait for one that does.',
  }),
};

/** Fields of every job as the API shows it. */
export const jobFields = {
  name: keptNameSchema,
  state: jobStateSchema,
  priority: priorityValueSchema,
  /** The node that has it, or had it last. */
  node: z.string().nullable(),
  /** Grows at each dispatch; a write with an older one changes nothing. */
  fence: countSchema(),
  /** It was asked to stop and to keep what it has. */
  stopping: z.boolean(),
  /** The last checkpoint that lies on the edge: where another node would go on. */
  checkpointStep: countSchema().nullable(),
  error: jobErrorSchema.nullable(),
  createdBy: z.string(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
  endedAt: timestampSchema.nullable(),
};

export const modelNameSchema = z.string().min(1).max(LIMITS.idCharacters).meta({ example: 'tallrec-movies' });

// The record in D1: the only source of the migrations. Bytes and rows lie in R2; JSON columns hold what no query looks into.
import type { Blend } from '@tallrec/shared/blend';
import type { Sampling } from '@tallrec/shared/interactions';
import type { EvaluatedMethod } from '@tallrec/shared/methods';
import type { Template } from '@tallrec/shared/prompt';
import type { HyperParameters, Stage, TuningEvent, TuningSettings } from '@tallrec/shared/tuning';
import type { GoldenScores } from '@tallrec/shared/wire/adapters';
import type { Dataset, DatasetFormat, DatasetKind, DatasetState, RowError } from '@tallrec/shared/wire/datasets';
import type { Evaluation, EvaluationReport } from '@tallrec/shared/wire/evaluations';
import type { Scope } from '@tallrec/shared/wire/keys';
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import type { JobError, JobState, SequencedEvent, Tuning } from '@tallrec/shared/wire/tunings';
import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

const createdAt = () => integer('created_at').notNull();
const updatedAt = () => integer('updated_at').notNull();

export const apiKeys = sqliteTable('api_keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** SHA-256 of the key, hex. */
  hash: text('hash').notNull().unique(),
  hint: text('hint').notNull(),
  scopes: text('scopes', { mode: 'json' }).$type<Scope[]>().notNull(),
  requestsPerMinute: integer('requests_per_minute').notNull(),
  createdAt: createdAt(),
  revokedAt: integer('revoked_at'),
});

export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    apiKey: text('api_key').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of method, path and body. */
    requestHash: text('request_hash').notNull(),
    /** Null while the first request is still being worked on. */
    status: integer('status'),
    body: text('body'),
    /** When the request at work on it began; one that died is taken over after a while. */
    claimedAt: integer('claimed_at').notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.apiKey, table.key] }), index('idempotency_age').on(table.createdAt)],
);

export const datasets = sqliteTable('datasets', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  kind: text('kind').$type<DatasetKind>().notNull(),
  format: text('format').$type<DatasetFormat>().notNull(),
  state: text('state').$type<DatasetState>().notNull(),
  bytes: integer('bytes').notNull(),
  sha256: text('sha256'),
  sampling: text('sampling', { mode: 'json' }).$type<Sampling>().notNull(),
  /** The R2 multipart upload that is under way. */
  uploadId: text('upload_id'),
  stats: text('stats', { mode: 'json' }).$type<NonNullable<Dataset['stats']>>(),
  warnings: text('warnings', { mode: 'json' }).$type<string[]>().notNull(),
  errorCount: integer('error_count').notNull().default(0),
  rowErrors: text('row_errors', { mode: 'json' }).$type<RowError[]>().notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

const jobColumns = {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  state: text('state').$type<JobState>().notNull(),
  /** Empty for a method without a language model. */
  model: text('model').notNull(),
  dataset: text('dataset').notNull(),
  node: text('node'),
  fence: integer('fence').notNull().default(0),
  /** Dispatches since it was last queued by a user. */
  attempts: integer('attempts').notNull().default(0),
  /** The Workflow instance that drives it; resuming takes a new one. */
  instance: text('instance'),
  error: text('error', { mode: 'json' }).$type<JobError>(),
};

export const tunings = sqliteTable(
  'tunings',
  {
    ...jobColumns,
    validDataset: text('valid_dataset'),
    initAdapter: text('init_adapter'),
    settings: text('settings', { mode: 'json' }).$type<TuningSettings>().notNull(),
    progress: text('progress', { mode: 'json' }).$type<NonNullable<Tuning['progress']>>(),
    adapter: text('adapter'),
    bestValidAuc: real('best_valid_auc'),
    stopReason: text('stop_reason'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index('tunings_state').on(table.state)],
);

export const tuningEvents = sqliteTable(
  'tuning_events',
  {
    tuning: text('tuning').notNull(),
    seq: integer('seq').notNull(),
    at: integer('at').notNull(),
    event: text('event', { mode: 'json' }).$type<TuningEvent | SequencedEvent['event']>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tuning, table.seq] })],
);

export const evaluations = sqliteTable(
  'evaluations',
  {
    ...jobColumns,
    adapter: text('adapter'),
    split: text('split').$type<Evaluation['split']>().notNull(),
    trainDataset: text('train_dataset'),
    limit: integer('limit'),
    template: text('template').$type<Template>().notNull(),
    method: text('method').$type<EvaluatedMethod>(),
    shots: integer('shots'),
    seed: integer('seed'),
    validDataset: text('valid_dataset'),
    instructionsDataset: text('instructions_dataset'),
    hyperParameters: text('hyper_parameters', { mode: 'json' }).$type<HyperParameters>(),
    progress: text('progress', { mode: 'json' }).$type<NonNullable<Evaluation['progress']>>(),
    report: text('report', { mode: 'json' }).$type<EvaluationReport>(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index('evaluations_state').on(table.state)],
);

export const adapters = sqliteTable('adapters', {
  /** The content hash. */
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  model: text('model').notNull(),
  modelHash: text('model_hash'),
  stage: text('stage').$type<Stage>(),
  template: text('template').$type<Template>().notNull(),
  configSha256: text('config_sha256').notNull(),
  weightsSha256: text('weights_sha256').notNull(),
  weightsBytes: integer('weights_bytes').notNull(),
  tuning: text('tuning'),
  validAuc: real('valid_auc'),
  validLoss: real('valid_loss'),
  golden: text('golden', { mode: 'json' }).$type<GoldenScores>(),
  blend: text('blend', { mode: 'json' }).$type<Blend>(),
  createdAt: createdAt(),
});

export const aliases = sqliteTable('aliases', {
  alias: text('alias').primaryKey(),
  adapter: text('adapter').notNull(),
  updatedAt: updatedAt(),
});

export const nodes = sqliteTable('nodes', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** SHA-256 of the node's secret, hex. */
  secretHash: text('secret_hash').notNull().unique(),
  connected: integer('connected', { mode: 'boolean' }).notNull().default(false),
  lastSeenAt: integer('last_seen_at'),
  status: text('status', { mode: 'json' }).$type<NodeStatus>(),
  createdAt: createdAt(),
});

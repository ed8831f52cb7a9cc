// The record in D1: the only source of the migrations. Bytes and rows lie in R2; JSON columns hold what no query looks into.
// Every row but those of the operator carries the workspace that owns it, and who made it.
import type { Sampling } from '@tallrec/shared/interactions';
import type { Template } from '@tallrec/shared/prompt';
import type { Stage } from '@tallrec/shared/tuning';
import type { BlendRecord, GoldenScores } from '@tallrec/shared/wire/adapters';
import type {
  BadRows,
  ColumnNames,
  Dataset,
  DatasetFormat,
  DatasetKind,
  DatasetState,
  GivenFacts,
  ItemFacts,
  RowError,
} from '@tallrec/shared/wire/datasets';
import type { JobError, JobState } from '@tallrec/shared/wire/jobs';
import type { Scope } from '@tallrec/shared/wire/keys';
import type { JobOutcome } from '@tallrec/shared/wire/link';
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { JobCheckpointRecord, JobProgressRecord, JobResultRecord, JobSpec, RowKind } from './job-record.ts';

const workspace = () => text('workspace').notNull();
const createdBy = () => text('created_by').notNull();
const createdAt = () => integer('created_at').notNull();
const updatedAt = () => integer('updated_at').notNull();

export const workspaces = sqliteTable('workspaces', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdBy: createdBy(),
  createdAt: createdAt(),
});

export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    workspace: workspace(),
    name: text('name').notNull(),
    /** SHA-256 of the key, hex. */
    hash: text('hash').notNull().unique(),
    hint: text('hint').notNull(),
    /** Of the secret before the last rotation, and until when it holds beside the present one. */
    oldHash: text('old_hash').unique(),
    oldHashUntil: integer('old_hash_until'),
    scopes: text('scopes', { mode: 'json' }).$type<Scope[]>().notNull(),
    /** Null: from anywhere. */
    origins: text('origins', { mode: 'json' }).$type<string[]>(),
    requestsPerMinute: integer('requests_per_minute').notNull(),
    createdBy: createdBy(),
    createdAt: createdAt(),
    expiresAt: integer('expires_at'),
    lastUsedAt: integer('last_used_at'),
    revokedAt: integer('revoked_at'),
  },
  (table) => [index('api_keys_workspace').on(table.workspace, table.id)],
);

/** Browsers that are signed in. Each acts as its key, which is asked at every request. */
export const sessions = sqliteTable(
  'sessions',
  {
    /** SHA-256 of the cookie, hex. */
    hash: text('hash').primaryKey(),
    key: text('key')
      .notNull()
      .references(() => apiKeys.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [index('sessions_expiry').on(table.expiresAt)],
);

/** Links that sign in once. */
export const signInLinks = sqliteTable(
  'sign_in_links',
  {
    /** SHA-256 of the token, hex. */
    hash: text('hash').primaryKey(),
    key: text('key')
      .notNull()
      .references(() => apiKeys.id, { onDelete: 'cascade' }),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [index('sign_in_links_expiry').on(table.expiresAt)],
);

export const auditEntries = sqliteTable(
  'audit_entries',
  {
    id: text('id').primaryKey(),
    workspace: workspace(),
    at: integer('at').notNull(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    details: text('details', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  },
  (table) => [
    index('audit_workspace').on(table.workspace, table.id),
    index('audit_subject').on(table.workspace, table.subject, table.id),
    index('audit_age').on(table.at),
  ],
);

export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    /** Of the caller: an API key's id, or `operator`. */
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

export const datasets = sqliteTable(
  'datasets',
  {
    id: text('id').primaryKey(),
    workspace: workspace(),
    name: text('name').notNull(),
    kind: text('kind').$type<DatasetKind>().notNull(),
    format: text('format').$type<DatasetFormat>().notNull(),
    state: text('state').$type<DatasetState>().notNull(),
    bytes: integer('bytes').notNull(),
    sha256: text('sha256'),
    badRows: text('bad_rows').$type<BadRows>().notNull().default('refuse'),
    sampling: text('sampling', { mode: 'json' }).$type<Sampling>().notNull(),
    /** Of the file, where they were named. */
    columns: text('columns', { mode: 'json' }).$type<ColumnNames>(),
    /** The upload of its bytes. */
    upload: text('upload').notNull(),
    /** The R2 multipart upload that its validated rows go to, while it is being validated. */
    rowsUploadId: text('rows_upload_id'),
    /** The Workflow instance that validates it; validating again takes a new one. */
    instance: text('instance'),
    stats: text('stats', { mode: 'json' }).$type<NonNullable<Dataset['stats']>>(),
    /** Of facts about items: what names the document that was made of them. */
    facts: text('facts', { mode: 'json' }).$type<ItemFacts>(),
    warnings: text('warnings', { mode: 'json' }).$type<string[]>().notNull(),
    errorCount: integer('error_count').notNull().default(0),
    rowErrors: text('row_errors', { mode: 'json' }).$type<RowError[]>().notNull(),
    createdBy: createdBy(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index('datasets_workspace').on(table.workspace, table.id),
    index('datasets_kind').on(table.workspace, table.kind, table.id),
    index('datasets_in_state').on(table.workspace, table.state, table.id),
    index('datasets_state').on(table.state, table.updatedAt),
  ],
);

/** Bytes on their way in: of a dataset, of an adapter, of a job's results and checkpoints. */
export const uploads = sqliteTable(
  'uploads',
  {
    id: text('id').primaryKey(),
    workspace: workspace(),
    /** Where in R2 they go. */
    key: text('key').notNull(),
    /** A dataset's, an adapter's or a job's id. */
    subject: text('subject').notNull(),
    /** Of a job: only while this fence holds. */
    fence: integer('fence'),
    bytes: integer('bytes').notNull(),
    sha256: text('sha256'),
    /** The R2 multipart upload; null for what goes in one piece. */
    uploadId: text('upload_id'),
    /** `dropping`: its bytes are being deleted, its row goes last. */
    state: text('state').$type<'open' | 'complete' | 'dropping'>().notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('uploads_key').on(table.key),
    index('uploads_subject').on(table.subject),
    index('uploads_age').on(table.state, table.updatedAt),
  ],
);

export const uploadParts = sqliteTable(
  'upload_parts',
  {
    upload: text('upload').notNull(),
    part: integer('part').notNull(),
    bytes: integer('bytes').notNull(),
    sha256: text('sha256').notNull(),
    etag: text('etag').notNull(),
  },
  (table) => [primaryKey({ columns: [table.upload, table.part] })],
);

/** All long work, of every kind; the pieces of a batch scoring are rows of their own, with their batch as `parent`. */
export const jobs = sqliteTable(
  'jobs',
  {
    id: text('id').primaryKey(),
    workspace: workspace(),
    kind: text('kind').$type<RowKind>().notNull(),
    parent: text('parent'),
    name: text('name').notNull(),
    state: text('state').$type<JobState>().notNull(),
    priority: integer('priority').notNull().default(0),
    /** Null where any node will do. */
    model: text('model'),
    spec: text('spec', { mode: 'json' }).$type<JobSpec>().notNull(),
    progress: text('progress', { mode: 'json' }).$type<JobProgressRecord>(),
    /** What a node has reported, until it is published. */
    outcome: text('outcome', { mode: 'json' }).$type<JobOutcome>(),
    result: text('result', { mode: 'json' }).$type<JobResultRecord>(),
    error: text('error', { mode: 'json' }).$type<JobError>(),
    node: text('node'),
    fence: integer('fence').notNull().default(0),
    /** Dispatches since it was queued by a user or last got further than before. */
    attempts: integer('attempts').notNull().default(0),
    /** How far it ever got: what lies beyond is progress. */
    furthest: integer('furthest').notNull().default(0),
    /** Nodes that declined or lost it, and until when others are preferred. */
    avoid: text('avoid', { mode: 'json' }).$type<Record<string, number>>(),
    /** The last checkpoint that lies on the edge. */
    checkpoint: text('checkpoint', { mode: 'json' }).$type<JobCheckpointRecord>(),
    /** The node that had it last and may hold a later checkpoint on its own disk. */
    checkpointNode: text('checkpoint_node'),
    stopping: integer('stopping', { mode: 'boolean' }).notNull().default(false),
    /** The Workflow instance that sees it through; resuming takes a new one. */
    instance: text('instance'),
    /** Where its story is: in its feed, in R2 once it has ended, or gone after a long while. */
    events: text('events').$type<'live' | 'kept' | 'gone'>().notNull().default('live'),
    /** How often its results did not arrive as they were made. */
    resends: integer('resends').notNull().default(0),
    createdBy: createdBy(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    dispatchedAt: integer('dispatched_at'),
    endedAt: integer('ended_at'),
    /** When the sweep last looked at it. */
    sweptAt: integer('swept_at').notNull().default(0),
  },
  (table) => [
    index('jobs_workspace').on(table.workspace, table.kind, table.id),
    index('jobs_queue').on(table.state, table.model, table.priority, table.id),
    index('jobs_sweep').on(table.state, table.sweptAt),
    index('jobs_parent').on(table.parent, table.state),
    index('jobs_turn').on(table.workspace, table.dispatchedAt),
    index('jobs_ended').on(table.events, table.endedAt),
  ],
);

/** What a job reads: a dataset or an adapter. */
export const jobInputs = sqliteTable(
  'job_inputs',
  {
    job: text('job').notNull(),
    input: text('input').notNull(),
  },
  (table) => [primaryKey({ columns: [table.job, table.input] }), index('job_inputs_input').on(table.input)],
);

export const adapters = sqliteTable(
  'adapters',
  {
    workspace: workspace(),
    /** The content hash. */
    id: text('id').notNull(),
    state: text('state').$type<'ready' | 'deleting'>().notNull(),
    name: text('name').notNull(),
    model: text('model').notNull(),
    modelHash: text('model_hash'),
    stage: text('stage').$type<Stage>(),
    template: text('template').$type<Template>().notNull(),
    /** Nobody has said what it was tuned with. */
    templateAssumed: integer('template_assumed', { mode: 'boolean' }).notNull().default(false),
    configSha256: text('config_sha256').notNull(),
    weightsSha256: text('weights_sha256').notNull(),
    weightsBytes: integer('weights_bytes').notNull(),
    tuning: text('tuning'),
    validAuc: real('valid_auc'),
    validLoss: real('valid_loss'),
    golden: text('golden', { mode: 'json' }).$type<GoldenScores>(),
    blend: text('blend', { mode: 'json' }).$type<BlendRecord>(),
    /** The facts about items that its tuning was given. */
    items: text('items', { mode: 'json' }).$type<GivenFacts>(),
    /** Of the node that tried it; null before. */
    warnings: text('warnings', { mode: 'json' }).$type<string[]>(),
    createdBy: createdBy(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.id] }),
    index('adapters_age').on(table.workspace, table.createdAt, table.id),
    index('adapters_state').on(table.state),
  ],
);

export const aliases = sqliteTable(
  'aliases',
  {
    workspace: workspace(),
    alias: text('alias').notNull(),
    adapter: text('adapter').notNull(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.alias] }),
    index('aliases_adapter').on(table.workspace, table.adapter),
  ],
);

/** Where each alias pointed, and from when; null when it was deleted. */
export const aliasMoves = sqliteTable(
  'alias_moves',
  {
    id: text('id').primaryKey(),
    workspace: workspace(),
    alias: text('alias').notNull(),
    adapter: text('adapter'),
    at: integer('at').notNull(),
    by: text('by').notNull(),
  },
  (table) => [index('alias_moves_alias').on(table.workspace, table.alias, table.id)],
);

export const nodes = sqliteTable(
  'nodes',
  {
    id: text('id').primaryKey(),
    /** Null: a node of the operator's, which serves every workspace. */
    workspace: text('workspace'),
    name: text('name').notNull(),
    /** SHA-256 of the one-time token, hex; null once it was used. */
    joinHash: text('join_hash').unique(),
    joinUntil: integer('join_until'),
    /** SHA-256 of the node's secret, hex; null until it has joined. */
    secretHash: text('secret_hash').unique(),
    /** Of the secret before the last rotation: it holds until the new one was used. */
    oldSecretHash: text('old_secret_hash').unique(),
    connected: integer('connected', { mode: 'boolean' }).notNull().default(false),
    draining: integer('draining', { mode: 'boolean' }).notNull().default(false),
    /** Set when it was sent away because its version does not fit. */
    needsUpgrade: integer('needs_upgrade', { mode: 'boolean' }).notNull().default(false),
    lastSeenAt: integer('last_seen_at'),
    status: text('status', { mode: 'json' }).$type<NodeStatus>(),
    createdBy: createdBy(),
    createdAt: createdAt(),
  },
  (table) => [index('nodes_workspace').on(table.workspace, table.id), index('nodes_connected').on(table.connected)],
);

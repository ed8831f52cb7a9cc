// The OpenAPI 3.1 document, made of the very contracts that requests are checked by.
import { OpenApiGeneratorV31, zodToOpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import type { OpenAPIHono, z } from '@hono/zod-openapi';
import { blendSchema } from '@tallrec/shared/blend';
import { interactionSchema, samplingSchema } from '@tallrec/shared/interactions';
import { historyItemSchema, instructionRowSchema, itemSchema, sampleSchema } from '@tallrec/shared/sample';
import { hyperParametersSchema, tuningEventSchema, tuningSettingsSchema } from '@tallrec/shared/tuning';
import { adapterFilesSchema, adapterSchema, aliasHistorySchema, setAliasSchema } from '@tallrec/shared/wire/adapters';
import { auditEntrySchema } from '@tallrec/shared/wire/audit';
import {
  completeDatasetSchema,
  createDatasetSchema,
  createdDatasetSchema,
  datasetSchema,
  datasetStatsSchema,
  previewSchema,
  rowErrorSchema,
} from '@tallrec/shared/wire/datasets';
import { createEvaluationSchema, evaluationReportSchema, evaluationSchema } from '@tallrec/shared/wire/evaluations';
import { jobErrorSchema, sequencedEventSchema } from '@tallrec/shared/wire/jobs';
import { apiKeySchema, createdKeySchema, createKeySchema } from '@tallrec/shared/wire/keys';
import {
  createdNodeSchema,
  createNodeSchema,
  modelSchema,
  nodeSchema,
  nodeStatusSchema,
} from '@tallrec/shared/wire/nodes';
import { errorBodySchema } from '@tallrec/shared/wire/page';
import {
  formatRequestSchema,
  formatResponseSchema,
  rankedSchema,
  rankRequestSchema,
  rankResponseSchema,
  scoreRequestSchema,
  scoreResponseSchema,
  scoreSchema,
} from '@tallrec/shared/wire/score';
import { createScoringSchema, rankedRowSchema, scoredRowSchema, scoringSchema } from '@tallrec/shared/wire/scorings';
import { sessionSchema, signInLinkSchema, signInSchema } from '@tallrec/shared/wire/session';
import { createTuningSchema, tuningMetricsSchema, tuningSchema } from '@tallrec/shared/wire/tunings';
import { uploadSchema } from '@tallrec/shared/wire/uploads';
import { createdWorkspaceSchema, createWorkspaceSchema, workspaceSchema } from '@tallrec/shared/wire/workspaces';
import type { AppEnv } from './context.ts';
import { documentAnswers, type Operation, RESPONSE_HEADERS } from './documented-answers.ts';
import { SESSION_COOKIE } from './session-cookie.ts';

/** Schemas that get a name of their own in the document, parts before what is made of them; all others stand where they are used. */
const NAMED: Record<string, z.ZodType> = {
  Error: errorBodySchema,
  JobError: jobErrorSchema,
  Interaction: interactionSchema,
  Sampling: samplingSchema,
  Item: itemSchema,
  HistoryItem: historyItemSchema,
  Sample: sampleSchema,
  InstructionRow: instructionRowSchema,
  DatasetStats: datasetStatsSchema,
  Blend: blendSchema,
  EvaluationReport: evaluationReportSchema,
  NodeStatus: nodeStatusSchema,
  SignIn: signInSchema,
  Session: sessionSchema,
  SignInLink: signInLinkSchema,
  Workspace: workspaceSchema,
  CreateWorkspace: createWorkspaceSchema,
  CreatedWorkspace: createdWorkspaceSchema,
  AuditEntry: auditEntrySchema,
  AliasHistory: aliasHistorySchema,
  Scoring: scoringSchema,
  CreateScoring: createScoringSchema,
  ScoredRow: scoredRowSchema,
  RankedRow: rankedRowSchema,
  ApiKey: apiKeySchema,
  CreateKey: createKeySchema,
  CreatedKey: createdKeySchema,
  Dataset: datasetSchema,
  RowError: rowErrorSchema,
  CreateDataset: createDatasetSchema,
  CreatedDataset: createdDatasetSchema,
  CompleteDataset: completeDatasetSchema,
  Upload: uploadSchema,
  Preview: previewSchema,
  FormatRequest: formatRequestSchema,
  FormatResponse: formatResponseSchema,
  HyperParameters: hyperParametersSchema,
  TuningSettings: tuningSettingsSchema,
  TuningEvent: tuningEventSchema,
  Tuning: tuningSchema,
  CreateTuning: createTuningSchema,
  SequencedEvent: sequencedEventSchema,
  TuningMetrics: tuningMetricsSchema,
  Adapter: adapterSchema,
  AdapterFiles: adapterFilesSchema,
  SetAlias: setAliasSchema,
  Evaluation: evaluationSchema,
  CreateEvaluation: createEvaluationSchema,
  Node: nodeSchema,
  CreateNode: createNodeSchema,
  CreatedNode: createdNodeSchema,
  Model: modelSchema,
  Score: scoreSchema,
  ScoreRequest: scoreRequestSchema,
  ScoreResponse: scoreResponseSchema,
  Ranked: rankedSchema,
  RankRequest: rankRequestSchema,
  RankResponse: rankResponseSchema,
};
for (const [refId, schema] of Object.entries(NAMED)) zodToOpenAPIRegistry.add(schema, { _internal: { refId } });

const INFO = {
  title: 'TALLRec Edge',
  version: '1',
  description:
    'Few-shot recommendation with a LoRA-tuned LLaMA: upload ratings, tune, evaluate, score and rank. Lists come in pages: give nextCursor of one as cursor of the next. Every error is {error: {code, message, requestId, retryable, details?}}. A method that a path does not take is answered by 405 METHOD_NOT_ALLOWED with Allow; HEAD answers as GET without the body, OPTIONS by 204.',
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
};

const TAGS: Record<string, string> = {
  health: 'Whether the service can serve',
  docs: 'This description',
  session: 'Browsers that are signed in',
  workspaces: 'Owners of everything else',
  keys: 'API keys: their scopes, expiry and rotation',
  audit: 'Who did what',
  datasets: 'Files of ratings, samples, instructions or items, validated row by row',
  transfers: 'Bytes by signed URLs',
  tunings: 'Adapters in the making',
  evaluations: 'How well a model, an adapter or a method does',
  scorings: 'Whole datasets scored or ranked',
  adapters: 'What tunings leave, and the aliases that point at it',
  models: 'What the connected nodes hold',
  nodes: 'Machines that do the work',
  score: 'Answers at once',
  prompts: 'What a model reads',
};

/**
 * The generator says of a named schema that may be null that it is both the schema and null. One of the two it is.
 * Source: zod-to-openapi 9.1, `generateSimpleSchema`.
 */
function eitherOrNull(_key: string, value: unknown): unknown {
  const [named, more] = (value as { allOf?: { $ref?: string; type?: string[] }[] } | null)?.allOf ?? [];
  if (named?.$ref === undefined || !Array.isArray(more?.type) || !more.type.includes('null')) return value;
  const { type: _, ...rest } = more;
  return { anyOf: [named, { type: 'null' }], ...rest };
}

export function openApiDocument(api: OpenAPIHono<AppEnv>): object {
  api.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, tlr_…; each operation names the scope it needs, and admin includes all.',
  });
  api.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description:
      'The cookie of a browser that signed in with a key: it may what that key may, from pages of this origin alone.',
  });
  api.openAPIRegistry.registerComponent('securitySchemes', 'operator', {
    type: 'http',
    scheme: 'bearer',
    description: "The operator's secret: it makes workspaces, keys and nodes, and reads no data.",
  });
  for (const [name, header] of Object.entries(RESPONSE_HEADERS)) {
    api.openAPIRegistry.registerComponent('headers', name, header);
  }
  const tags = Object.entries(TAGS).map(([name, description]) => ({ name, description }));
  // Before any use of them, so that none takes on what one use adds.
  const named = Object.values(NAMED).map((schema) => ({ type: 'schema' as const, schema }));
  const generator = new OpenApiGeneratorV31([...named, ...api.openAPIRegistry.definitions]);
  const document = generator.generateDocument({ openapi: '3.1.0', info: INFO, servers: [{ url: '/' }], tags });
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path)) documentAnswers(operation as Operation);
  }
  return JSON.parse(JSON.stringify(document), eitherOrNull);
}

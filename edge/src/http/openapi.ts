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
  datasetHistoriesSchema,
  datasetItemSchema,
  datasetItemsSchema,
  datasetProfileSchema,
  datasetSchema,
  datasetStatsSchema,
  previewSchema,
  rowErrorSchema,
} from '@tallrec/shared/wire/datasets';
import { createEvaluationSchema, evaluationReportSchema, evaluationSchema } from '@tallrec/shared/wire/evaluations';
import { jobErrorSchema, sequencedEventSchema } from '@tallrec/shared/wire/jobs';
import { apiKeySchema, createdKeySchema, createKeySchema } from '@tallrec/shared/wire/keys';
import { nodeEstimateSchema } from '@tallrec/shared/wire/node-api';
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
import { tuningEstimateSchema } from '@tallrec/shared/wire/tuning-estimates';
import { createTuningSchema, tuningMetricsSchema, tuningSchema } from '@tallrec/shared/wire/tunings';
import { uploadSchema } from '@tallrec/shared/wire/uploads';
import { createdWorkspaceSchema, createWorkspaceSchema, workspaceSchema } from '@tallrec/shared/wire/workspaces';
import type { AppEnv } from './context.ts';
import { documentAnswers, type Operation, RESPONSE_HEADERS } from './documented-answers.ts';
import { EXAMPLES } from './openapi-examples.ts';
import { INFO, SECURITY_SCHEMES, TAGS } from './openapi-words.ts';

/** Schemas that get a name of their own in the document, parts before what is made of them; all others stand where they are used. */
export const NAMED: Record<string, z.ZodType> = {
  Error: errorBodySchema,
  JobError: jobErrorSchema,
  Interaction: interactionSchema,
  Sampling: samplingSchema,
  Item: itemSchema,
  HistoryItem: historyItemSchema,
  Sample: sampleSchema,
  InstructionRow: instructionRowSchema,
  DatasetProfile: datasetProfileSchema,
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
  DatasetItem: datasetItemSchema,
  DatasetItems: datasetItemsSchema,
  DatasetHistories: datasetHistoriesSchema,
  FormatRequest: formatRequestSchema,
  FormatResponse: formatResponseSchema,
  HyperParameters: hyperParametersSchema,
  TuningSettings: tuningSettingsSchema,
  TuningEvent: tuningEventSchema,
  Tuning: tuningSchema,
  CreateTuning: createTuningSchema,
  SequencedEvent: sequencedEventSchema,
  TuningMetrics: tuningMetricsSchema,
  NodeEstimate: nodeEstimateSchema,
  TuningEstimate: tuningEstimateSchema,
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
  for (const [name, scheme] of Object.entries(SECURITY_SCHEMES)) {
    api.openAPIRegistry.registerComponent('securitySchemes', name, scheme);
  }
  for (const [name, header] of Object.entries(RESPONSE_HEADERS)) {
    api.openAPIRegistry.registerComponent('headers', name, header);
  }
  // Before any use of them, so that none takes on what one use adds.
  const named = Object.values(NAMED).map((schema) => ({ type: 'schema' as const, schema }));
  const generator = new OpenApiGeneratorV31([...named, ...api.openAPIRegistry.definitions]);
  const document = generator.generateDocument({ openapi: '3.1.0', info: INFO, servers: [{ url: '/' }], tags: TAGS });
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path)) documentAnswers(operation as Operation);
  }
  for (const [name, example] of Object.entries(EXAMPLES)) {
    Object.assign(document.components!.schemas![name]!, { examples: [example] });
  }
  return JSON.parse(JSON.stringify(document), eitherOrNull);
}

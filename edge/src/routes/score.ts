// Score and rank: answered by the node that fits best.
import { createRoute } from '@hono/zod-openapi';
import {
  rankRequestSchema,
  rankResponseSchema,
  scoreRequestSchema,
  scoreResponseSchema,
} from '@tallrec/shared/wire/score';
import { needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { rankCandidates } from '../services/scoring/rank.ts';
import { scoreSamples } from '../services/scoring/score.ts';

const refusals = errorResponses(
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'TOO_LARGE',
  'ADAPTER_INVALID',
  'MODEL_UNSUPPORTED',
  'ENGINE_FAILED',
  'NODE_UNAVAILABLE',
  'NODE_BUSY',
  'NODE_TIMEOUT',
);

const score = createRoute({
  method: 'post',
  path: '/v1/score',
  tags: ['score'],
  summary: 'The probability that each target is liked',
  ...needs('score'),
  request: { body: jsonBody(scoreRequestSchema) },
  responses: { 200: jsonAnswer('One score a sample, in order', scoreResponseSchema), ...refusals },
});

const rank = createRoute({
  method: 'post',
  path: '/v1/rank',
  tags: ['score'],
  summary: 'Candidates for one history, the likeliest like first',
  ...needs('score'),
  request: { body: jsonBody(rankRequestSchema) },
  responses: { 200: jsonAnswer('The ranking', rankResponseSchema), ...refusals },
});

export const scoring = newRouter()
  .openapi(score, async (c) => c.json(await scoreSamples(c.var.deps, c.req.valid('json')), 200))
  .openapi(rank, async (c) => c.json(await rankCandidates(c.var.deps, c.req.valid('json')), 200));

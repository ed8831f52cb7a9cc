// Score, rank and the prompts themselves: answered at once.
import { createRoute } from '@hono/zod-openapi';
import { formatSamplePrompt } from '@tallrec/shared/prompt';
import {
  formatRequestSchema,
  formatResponseSchema,
  rankRequestSchema,
  rankResponseSchema,
  scoreRequestSchema,
  scoreResponseSchema,
} from '@tallrec/shared/wire/score';
import type { Context } from 'hono';
import { needs } from '../http/auth.ts';
import type { AppEnv } from '../http/context.ts';
import { errorResponses } from '../http/errors.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import type { Asked } from '../services/node-relay.ts';
import { rankCandidates, scoreSamples } from '../services/scoring.ts';

const refusals = errorResponses(
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'MODEL_UNKNOWN',
  'ILLEGAL_STATE',
  'DATASET_REJECTED',
  'TOO_LARGE',
  'ADAPTER_INVALID',
  'MODEL_UNSUPPORTED',
  'ENGINE_CRASHED',
  'ENGINE_FAILED',
  'NODE_UNAVAILABLE',
  'NODE_BUSY',
  'NODE_TIMEOUT',
);

const score = createRoute({
  method: 'post',
  path: '/v1/score',
  operationId: 'score',
  tags: ['score'],
  summary: 'Score samples',
  description: 'The probability that each target is liked.',
  ...needs('score', { admission: 'beside' }),
  request: { body: jsonBody(scoreRequestSchema) },
  responses: { 200: jsonAnswer('One score a sample, in order', scoreResponseSchema), ...refusals },
});

const rank = createRoute({
  method: 'post',
  path: '/v1/rank',
  operationId: 'rank',
  tags: ['score'],
  summary: 'Rank candidates',
  description: 'For one history, the likeliest like first.',
  ...needs('score', { admission: 'beside' }),
  request: { body: jsonBody(rankRequestSchema) },
  responses: { 200: jsonAnswer('The ranking', rankResponseSchema), ...refusals },
});

const format = createRoute({
  method: 'post',
  path: '/v1/prompts:format',
  operationId: 'formatPrompts',
  tags: ['prompts'],
  summary: 'Format prompts',
  description: 'Samples as a model reads them.',
  ...needs('read'),
  request: { body: jsonBody(formatRequestSchema) },
  responses: {
    200: jsonAnswer('One prompt a sample, in order', formatResponseSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

function asked(c: Context<AppEnv>): Asked {
  return {
    signal: c.req.raw.signal,
    admission: c.var.admission,
    onAnswer: (took) => Object.assign(c.var.timings, took),
  };
}

/** A request whose caller has gone ends at once, before its node can be told, unless something else waits for it. */
function seenThrough<T>(c: Context<AppEnv>, answer: Promise<T>): Promise<T> {
  c.executionCtx.waitUntil(answer.catch(() => undefined));
  return answer;
}

export const scoring = newRouter()
  .openapi(score, async (c) => {
    const answer = scoreSamples(c.var.deps, c.var.ctx, c.req.valid('json'), asked(c));
    return c.json(await seenThrough(c, answer), 200);
  })
  .openapi(rank, async (c) => {
    const answer = rankCandidates(c.var.deps, c.var.ctx, c.req.valid('json'), asked(c));
    return c.json(await seenThrough(c, answer), 200);
  })
  .openapi(format, (c) => {
    const { samples, template } = c.req.valid('json');
    return c.json({ prompts: samples.map((sample) => formatSamplePrompt(sample, template)), template }, 200);
  });

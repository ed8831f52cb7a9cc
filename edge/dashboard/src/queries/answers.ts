// What a model answers at once: rankings and scores, with the time that each took; and the prompts that it reads.

import type { Template } from '@tallrec/shared/prompt';
import type { Sample } from '@tallrec/shared/sample';
import {
  formatResponseSchema,
  type RankRequest,
  rankResponseSchema,
  type ScoreRequest,
  scoreResponseSchema,
} from '@tallrec/shared/wire/score';
import { queryOptions, useMutation } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from '../api.ts';

export interface Answered<T> {
  answer: T;
  /** From the request to its answer, as the browser saw it. */
  totalMs: number;
  /** The header Server-Timing. */
  serverTiming: string | null;
}

async function timed<S extends z.ZodType>(
  path: `/v1/${string}`,
  body: unknown,
  schema: S,
): Promise<Answered<z.output<S>>> {
  const startedMs = performance.now();
  let serverTiming: string | null = null;
  const onAnswer = (headers: Headers) => {
    serverTiming = headers.get('Server-Timing');
  };
  const answer = await call('POST', path, { body, answer: schema, onAnswer });
  return { answer, totalMs: performance.now() - startedMs, serverTiming };
}

export const useRank = () =>
  useMutation({ mutationFn: (body: RankRequest) => timed('/v1/rank', body, rankResponseSchema) });

export const useScore = () =>
  useMutation({ mutationFn: (body: ScoreRequest) => timed('/v1/score', body, scoreResponseSchema) });

export const promptQuery = (sample: Sample, template: Template) =>
  queryOptions({
    queryKey: ['prompts', template, sample],
    queryFn: async ({ signal }) => {
      const body = { samples: [sample], template };
      const { prompts } = await call('POST', '/v1/prompts:format', { body, answer: formatResponseSchema, signal });
      return prompts[0]!;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

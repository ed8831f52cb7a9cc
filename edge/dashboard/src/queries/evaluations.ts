// Evaluations: listed, looked at, created, and what is done with one.
import { type createEvaluationSchema, type Evaluation, evaluationSchema } from '@tallrec/shared/wire/evaluations';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { pageOf } from '@tallrec/shared/wire/page';
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from '../api.ts';
import { everyPage } from './every-page.ts';

const all = ['evaluations'] as const;
const REFRESH_MS = 5000;

const isAtWork = ({ state }: Evaluation) => !isTerminal(state);
const whileAtWork = (items: readonly Evaluation[] | undefined) => (items?.some(isAtWork) ? REFRESH_MS : false);

export const evaluationsQuery = (filter: { cursor?: string | undefined; limit?: number }) =>
  queryOptions({
    queryKey: [...all, 'list', filter],
    queryFn: ({ signal }) =>
      call('GET', '/v1/evaluations', { query: filter, answer: pageOf(evaluationSchema), signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => whileAtWork(state.data?.items),
  });

/** All that judge on a dataset. */
export const evaluationsOnQuery = (dataset: string) =>
  queryOptions({
    queryKey: [...all, 'on', dataset],
    queryFn: ({ signal }) => everyPage('/v1/evaluations', { item: evaluationSchema, query: { dataset }, signal }),
    refetchInterval: ({ state }) => whileAtWork(state.data?.items),
  });

/** All of an adapter. */
export const evaluationsOfQuery = (adapter: string) =>
  queryOptions({
    queryKey: [...all, 'all-of', adapter],
    queryFn: ({ signal }) => everyPage('/v1/evaluations', { item: evaluationSchema, query: { adapter }, signal }),
    refetchInterval: ({ state }) => whileAtWork(state.data?.items),
  });

export const evaluationQuery = (id: string) =>
  queryOptions({
    queryKey: [...all, 'one', id],
    queryFn: ({ signal }) => call('GET', `/v1/evaluations/${id}`, { answer: evaluationSchema, signal }),
    refetchInterval: ({ state }) => whileAtWork(state.data && [state.data]),
  });

export interface NewEvaluation {
  body: z.input<typeof createEvaluationSchema>;
  idempotencyKey: string;
}

export const createEvaluation = ({ body, idempotencyKey }: NewEvaluation): Promise<Evaluation> =>
  call('POST', '/v1/evaluations', { body, idempotencyKey, answer: evaluationSchema });

export function useCreateEvaluation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: createEvaluation,
    onSuccess: async (evaluation) => {
      client.setQueryData(evaluationQuery(evaluation.id).queryKey, evaluation);
      await client.invalidateQueries({ queryKey: all });
    },
  });
}

/** Those that were just made by `createEvaluation` stand in lists. */
export function useRefreshEvaluations() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: all });
}

export type EvaluationVerb = 'stop' | 'cancel' | 'resume';

export function useChangeEvaluation(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (verb: EvaluationVerb) => call('POST', `/v1/evaluations/${id}/${verb}`, { answer: evaluationSchema }),
    onSuccess: (evaluation) => client.setQueryData(evaluationQuery(id).queryKey, evaluation),
    onSettled: () => client.invalidateQueries({ queryKey: all }),
  });
}

export function useDeleteEvaluation(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('DELETE', `/v1/evaluations/${id}`),
    // The page of this one is still there, and would ask for what is gone.
    onSuccess: () => client.invalidateQueries({ queryKey: all, predicate: ({ queryKey }) => queryKey[1] !== 'one' }),
  });
}

// Batch scorings: listed, looked at, created, what is done with one, and the first of its predictions.
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { pageOf } from '@tallrec/shared/wire/page';
import { type createScoringSchema, type Scoring, scoringSchema } from '@tallrec/shared/wire/scorings';
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { beginningOf, call } from '../api.ts';

const all = ['scorings'] as const;
const LIST_REFRESH_MS = 5000;
const REFRESH_MS = 1500;
/** Enough for the rows that are shown, also where each is a long ranking. */
const PREVIEW_BYTES = 256 * 1024;

const isAtWork = ({ state }: Scoring) => !isTerminal(state);

export const scoringsQuery = (cursor: string | undefined) =>
  queryOptions({
    queryKey: [...all, 'list', cursor ?? null],
    queryFn: ({ signal }) => call('GET', '/v1/scorings', { query: { cursor }, answer: pageOf(scoringSchema), signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some(isAtWork) ? LIST_REFRESH_MS : false),
  });

export const scoringQuery = (id: string) =>
  queryOptions({
    queryKey: [...all, 'one', id],
    queryFn: ({ signal }) => call('GET', `/v1/scorings/${id}`, { answer: scoringSchema, signal }),
    refetchInterval: ({ state }) => (state.data && isAtWork(state.data) ? REFRESH_MS : false),
  });

/** JSON lines, the last of them perhaps cut off. */
export const predictionsBeginningQuery = (id: string) =>
  queryOptions({
    queryKey: [...all, 'beginning', id],
    queryFn: ({ signal }) => beginningOf(`/v1/scorings/${id}/predictions`, { bytes: PREVIEW_BYTES, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export function useCreateScoring() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ body, idempotencyKey }: { body: z.input<typeof createScoringSchema>; idempotencyKey: string }) =>
      call('POST', '/v1/scorings', { body, idempotencyKey, answer: scoringSchema }),
    onSuccess: async (scoring) => {
      client.setQueryData(scoringQuery(scoring.id).queryKey, scoring);
      await client.invalidateQueries({ queryKey: [...all, 'list'] });
    },
  });
}

export type ScoringVerb = 'stop' | 'cancel' | 'resume';

export function useChangeScoring(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (verb: ScoringVerb) => call('POST', `/v1/scorings/${id}/${verb}`, { answer: scoringSchema }),
    onSuccess: (scoring) => client.setQueryData(scoringQuery(id).queryKey, scoring),
    onSettled: () => client.invalidateQueries({ queryKey: all }),
  });
}

export function useDeleteScoring(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('DELETE', `/v1/scorings/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: [...all, 'list'] }),
  });
}

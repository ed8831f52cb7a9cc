// Tunings: listed, looked at, created, and what is done with one.
import { LIMITS } from '@tallrec/shared/limits';
import { tuningReportSchema } from '@tallrec/shared/tuning';
import { isTerminal, type StateFilter } from '@tallrec/shared/wire/jobs';
import { pageOf } from '@tallrec/shared/wire/page';
import { type createTuningSchema, type Tuning, tuningSchema } from '@tallrec/shared/wire/tunings';
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from '../api.ts';

const all = ['tunings'] as const;
const REFRESH_MS = 5000;

const isAtWork = ({ state }: Tuning) => !isTerminal(state);

export interface TuningsFilter {
  cursor?: string | undefined;
  state?: StateFilter | undefined;
}

export const tuningsQuery = (filter: TuningsFilter) =>
  queryOptions({
    queryKey: [...all, 'list', filter],
    queryFn: ({ signal }) => call('GET', '/v1/tunings', { query: { ...filter }, answer: pageOf(tuningSchema), signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some(isAtWork) ? REFRESH_MS : false),
  });

/** The newest, as many as one page holds. */
export const newestTuningsQuery = queryOptions({
  queryKey: [...all, 'newest'],
  queryFn: ({ signal }) =>
    call('GET', '/v1/tunings', { query: { limit: LIMITS.pageItems }, answer: pageOf(tuningSchema), signal }),
});

export const tuningQuery = (id: string) =>
  queryOptions({
    queryKey: [...all, 'one', id],
    queryFn: ({ signal }) => call('GET', `/v1/tunings/${id}`, { answer: tuningSchema, signal }),
    refetchInterval: ({ state }) => (state.data && isAtWork(state.data) ? REFRESH_MS : false),
  });

/** `report.json`, of a tuning that succeeded. */
export const tuningReportQuery = (id: string) =>
  queryOptions({
    queryKey: [...all, 'report', id],
    queryFn: ({ signal }) => call('GET', `/v1/tunings/${id}/report`, { answer: tuningReportSchema, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

type CreateBody = z.input<typeof createTuningSchema>;

export function postTuning(body: CreateBody, idempotencyKey: string): Promise<Tuning> {
  return call('POST', '/v1/tunings', { body, idempotencyKey, answer: tuningSchema });
}

/** @param create makes one or more, by `postTuning` */
export function useCreateTunings<T>(create: (input: T) => Promise<Tuning[]>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: create,
    onSuccess: (tunings) => {
      for (const tuning of tunings) client.setQueryData(tuningQuery(tuning.id).queryKey, tuning);
    },
    onSettled: () => client.invalidateQueries({ queryKey: [...all, 'list'] }),
  });
}

export type TuningVerb = 'stop' | 'cancel' | 'resume';

export function useChangeTuning(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (verb: TuningVerb) => call('POST', `/v1/tunings/${id}/${verb}`, { answer: tuningSchema }),
    onSuccess: (tuning) => client.setQueryData(tuningQuery(id).queryKey, tuning),
    onSettled: () => client.invalidateQueries({ queryKey: all }),
  });
}

export function useDeleteTuning(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('DELETE', `/v1/tunings/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: [...all, 'list'] }),
  });
}

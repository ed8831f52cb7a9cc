// Tunings: listed, looked at, created, and what is done with one.
import { tuningReportSchema } from '@tallrec/shared/tuning';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { pageOf } from '@tallrec/shared/wire/page';
import { type createTuningSchema, type Tuning, tuningSchema } from '@tallrec/shared/wire/tunings';
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from '../api.ts';

const all = ['tunings'] as const;
const REFRESH_MS = 5000;

const isAtWork = ({ state }: Tuning) => !isTerminal(state);

export const tuningsQuery = (cursor: string | undefined) =>
  queryOptions({
    queryKey: [...all, 'list', cursor ?? null],
    queryFn: ({ signal }) => call('GET', '/v1/tunings', { query: { cursor }, answer: pageOf(tuningSchema), signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some(isAtWork) ? REFRESH_MS : false),
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

export function useCreateTuning() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ body, idempotencyKey }: { body: z.input<typeof createTuningSchema>; idempotencyKey: string }) =>
      call('POST', '/v1/tunings', { body, idempotencyKey, answer: tuningSchema }),
    onSuccess: async (tuning) => {
      client.setQueryData(tuningQuery(tuning.id).queryKey, tuning);
      await client.invalidateQueries({ queryKey: [...all, 'list'] });
    },
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

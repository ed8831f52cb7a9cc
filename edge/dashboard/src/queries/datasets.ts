// Datasets: listed, looked at, created, validated again, deleted; and what a model will read of one.
import { LIMITS } from '@tallrec/shared/limits';
import type { Template } from '@tallrec/shared/prompt';
import {
  type createDatasetSchema,
  createdDatasetSchema,
  type Dataset,
  type DatasetKind,
  type DatasetState,
  datasetSchema,
  previewSchema,
} from '@tallrec/shared/wire/datasets';
import { pageOf } from '@tallrec/shared/wire/page';
import { uploadSchema } from '@tallrec/shared/wire/uploads';
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from '../api.ts';
import type { TransferSource } from '../transfers/transfer.ts';
import { forgetTransfer, startTransfer } from '../transfers/transfers.ts';

const all = ['datasets'] as const;
const REFRESH_MS = 5000;
/** Of one that is looked at while it is checked: mostly that takes seconds. */
const SOON_MS = 1000;

const isChecked = ({ state }: Dataset) => state === 'uploaded' || state === 'validating';

/** The newest, as many as one page holds. */
export const datasetsQuery = queryOptions({
  queryKey: [...all, 'newest'],
  queryFn: ({ signal }) =>
    call('GET', '/v1/datasets', { query: { limit: LIMITS.pageItems }, answer: pageOf(datasetSchema), signal }),
});

export interface DatasetFilter {
  cursor?: string | undefined;
  kind?: DatasetKind | undefined;
  state?: DatasetState | undefined;
}

export const datasetListQuery = (filter: DatasetFilter) =>
  queryOptions({
    queryKey: [...all, 'list', filter],
    queryFn: ({ signal }) =>
      call('GET', '/v1/datasets', { query: { ...filter }, answer: pageOf(datasetSchema), signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some(isChecked) ? REFRESH_MS : false),
  });

export const datasetQuery = (id: string) =>
  queryOptions({
    queryKey: [...all, 'one', id],
    queryFn: ({ signal }) => call('GET', `/v1/datasets/${id}`, { answer: datasetSchema, signal }),
    refetchInterval: ({ state }) => {
      if (!state.data) return false;
      if (isChecked(state.data)) return SOON_MS;
      return state.data.state === 'created' || state.data.state === 'deleting' ? REFRESH_MS : false;
    },
  });

/** What has arrived of it, while it is on its way. */
export const datasetUploadQuery = (id: string) =>
  queryOptions({
    queryKey: [...all, 'upload', id],
    queryFn: ({ signal }) => call('GET', `/v1/datasets/${id}/upload`, { answer: uploadSchema, signal }),
    refetchInterval: REFRESH_MS,
    retry: false,
  });

/** @param model whose tokenizer cuts them; left out, that of any connected node */
export const previewQuery = (id: string, template: Template, model: string | undefined) =>
  queryOptions({
    queryKey: [...all, 'preview', id, template, model ?? null],
    queryFn: ({ signal }) =>
      call('GET', `/v1/datasets/${id}/preview`, {
        query: { limit: LIMITS.previewSamples, template, model },
        answer: previewSchema,
        signal,
      }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export function useCreateDataset() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ body, idempotencyKey }: { body: z.input<typeof createDatasetSchema>; idempotencyKey: string }) =>
      call('POST', '/v1/datasets', { body, idempotencyKey, answer: createdDatasetSchema }),
    onSuccess: async ({ dataset }) => {
      client.setQueryData(datasetQuery(dataset.id).queryKey, dataset);
      await client.invalidateQueries({ queryKey: [...all, 'list'] });
    },
  });
}

function useChangeDataset(id: string, verb: 'complete' | 'validate') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('POST', `/v1/datasets/${id}/${verb}`, { body: {}, answer: datasetSchema }),
    onSuccess: (dataset) => client.setQueryData(datasetQuery(id).queryKey, dataset),
    onSettled: () => client.invalidateQueries({ queryKey: all }),
  });
}

export const useCompleteDataset = (id: string) => useChangeDataset(id, 'complete');
export const useValidateDataset = (id: string) => useChangeDataset(id, 'validate');

/** Sends a dataset's file, on whichever page, and then shows what became of it. */
export function useStartTransfer() {
  const client = useQueryClient();
  return (id: string, source: TransferSource) =>
    startTransfer(id, source, (dataset) => {
      client.setQueryData(datasetQuery(id).queryKey, dataset);
      void client.invalidateQueries({ queryKey: [...all, 'list'] });
    });
}

export function useDeleteDataset(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('DELETE', `/v1/datasets/${id}`),
    onSuccess: async () => {
      forgetTransfer(id);
      // What is asked of this one alone is not there any more.
      await client.invalidateQueries({ queryKey: all, predicate: ({ queryKey }) => !queryKey.includes(id) });
    },
  });
}

// Datasets: listed and looked at, and what a model will read of one.
import { LIMITS } from '@tallrec/shared/limits';
import type { Template } from '@tallrec/shared/prompt';
import {
  type Dataset,
  type DatasetKind,
  type DatasetState,
  datasetSchema,
  previewSchema,
} from '@tallrec/shared/wire/datasets';
import { pageOf } from '@tallrec/shared/wire/page';
import { uploadSchema } from '@tallrec/shared/wire/uploads';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

/** Where all that is known of datasets begins. */
export const allDatasets = ['datasets'] as const;
const REFRESH_MS = 5000;
/** Of one that is looked at while it is checked: mostly that takes seconds. */
const SOON_MS = 1000;

const isChecked = ({ state }: Dataset) => state === 'uploaded' || state === 'validating';

/** Those of a kind that can be learned from, the newest first, as many as one page holds. */
export const readyDatasetsQuery = (kind: DatasetKind) =>
  queryOptions({
    queryKey: [...allDatasets, 'ready', kind],
    queryFn: ({ signal }) =>
      call('GET', '/v1/datasets', {
        query: { limit: LIMITS.pageItems, kind, state: 'ready' },
        answer: pageOf(datasetSchema),
        signal,
      }),
  });

export interface DatasetFilter {
  cursor?: string | undefined;
  kind?: DatasetKind | undefined;
  state?: DatasetState | undefined;
}

export const datasetListQuery = (filter: DatasetFilter) =>
  queryOptions({
    queryKey: [...allDatasets, 'list', filter],
    queryFn: ({ signal }) =>
      call('GET', '/v1/datasets', { query: { ...filter }, answer: pageOf(datasetSchema), signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some(isChecked) ? REFRESH_MS : false),
  });

export const datasetQuery = (id: string) =>
  queryOptions({
    queryKey: [...allDatasets, 'one', id],
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
    queryKey: [...allDatasets, 'upload', id],
    queryFn: ({ signal }) => call('GET', `/v1/datasets/${id}/upload`, { answer: uploadSchema, signal }),
    refetchInterval: REFRESH_MS,
    retry: false,
  });

/** @param model whose tokenizer cuts them; left out, that of any connected node */
export const previewQuery = (id: string, template: Template, model: string | undefined) =>
  queryOptions({
    queryKey: [...allDatasets, 'preview', id, template, model ?? null],
    queryFn: ({ signal }) =>
      call('GET', `/v1/datasets/${id}/preview`, {
        query: { limit: LIMITS.previewSamples, template, model },
        answer: previewSchema,
        signal,
      }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

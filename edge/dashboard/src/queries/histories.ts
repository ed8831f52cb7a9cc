// What a dataset offers to try a model on: people's histories, and items by their titles.
import { LIMITS } from '@tallrec/shared/limits';
import { datasetHistoriesSchema, datasetItemsSchema } from '@tallrec/shared/wire/datasets';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

export const historiesQuery = (dataset: string, user: string) =>
  queryOptions({
    queryKey: ['datasets', 'histories', dataset, user],
    queryFn: ({ signal }) =>
      call('GET', `/v1/datasets/${dataset}/histories`, {
        query: { user: user === '' ? undefined : user },
        answer: datasetHistoriesSchema,
        signal,
      }),
    // While a search goes on, what it found before stays.
    placeholderData: (before, query) => (query?.queryKey[2] === dataset ? before : undefined),
    staleTime: 60_000,
  });

/** Those in the most rows first: without a search as many as one page holds. */
export const itemsQuery = (dataset: string, search: string) =>
  queryOptions({
    queryKey: ['datasets', 'items', dataset, search],
    queryFn: ({ signal }) =>
      call('GET', `/v1/datasets/${dataset}/items`, {
        query: search === '' ? { limit: LIMITS.pageItems } : { search },
        answer: datasetItemsSchema,
        signal,
      }),
    staleTime: 60_000,
  });

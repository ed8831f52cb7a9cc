// Datasets, as far as tunings name them.
import { LIMITS } from '@tallrec/shared/limits';
import { type DatasetKind, datasetSchema } from '@tallrec/shared/wire/datasets';
import { pageOf } from '@tallrec/shared/wire/page';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

/** Those of a kind that can be learned from, the newest first, as many as one page holds. */
export const readyDatasetsQuery = (kind: DatasetKind) =>
  queryOptions({
    queryKey: ['datasets', 'ready', kind],
    queryFn: ({ signal }) =>
      call('GET', '/v1/datasets', {
        query: { limit: LIMITS.pageItems, kind, state: 'ready' },
        answer: pageOf(datasetSchema),
        signal,
      }),
  });

export const datasetQuery = (id: string) =>
  queryOptions({
    queryKey: ['datasets', 'one', id],
    queryFn: ({ signal }) => call('GET', `/v1/datasets/${id}`, { answer: datasetSchema, signal }),
  });

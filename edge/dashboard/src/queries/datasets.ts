// Datasets, as far as tunings name them.
import { LIMITS } from '@tallrec/shared/limits';
import { datasetSchema } from '@tallrec/shared/wire/datasets';
import { pageOf } from '@tallrec/shared/wire/page';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

/** The newest, as many as one page holds. */
export const datasetsQuery = queryOptions({
  queryKey: ['datasets', 'newest'],
  queryFn: ({ signal }) =>
    call('GET', '/v1/datasets', { query: { limit: LIMITS.pageItems }, answer: pageOf(datasetSchema), signal }),
});

export const datasetQuery = (id: string) =>
  queryOptions({
    queryKey: ['datasets', 'one', id],
    queryFn: ({ signal }) => call('GET', `/v1/datasets/${id}`, { answer: datasetSchema, signal }),
  });

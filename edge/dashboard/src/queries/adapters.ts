// Adapters, as far as a tuning can start from one.
import { LIMITS } from '@tallrec/shared/limits';
import { adapterSchema } from '@tallrec/shared/wire/adapters';
import { pageOf } from '@tallrec/shared/wire/page';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

/** The newest, as many as one page holds. */
export const adaptersQuery = queryOptions({
  queryKey: ['adapters', 'newest'],
  queryFn: ({ signal }) =>
    call('GET', '/v1/adapters', { query: { limit: LIMITS.pageItems }, answer: pageOf(adapterSchema), signal }),
});

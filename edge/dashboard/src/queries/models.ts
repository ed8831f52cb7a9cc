// Models: what the connected nodes hold.
import { modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => call('GET', '/v1/models', { answer: pageOf(modelSchema), signal }),
});

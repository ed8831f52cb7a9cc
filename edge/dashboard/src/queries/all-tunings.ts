// Every tuning of the workspace, for pages that look through them.
import { tuningSchema } from '@tallrec/shared/wire/tunings';
import { queryOptions } from '@tanstack/react-query';
import { everyPage } from './every-page.ts';

export const allTuningsQuery = queryOptions({
  queryKey: ['tunings', 'all'],
  queryFn: ({ signal }) => everyPage('/v1/tunings', { item: tuningSchema, signal }),
});

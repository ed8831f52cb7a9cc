// The curves of a tuning, thinned for a chart.
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { type Tuning, tuningMetricsSchema } from '@tallrec/shared/wire/tunings';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

/** As many points of a curve as a chart of this width can show. */
const CURVE_POINTS = 300;
const REFRESH_MS = 5000;

export const tuningMetricsQuery = ({ id, state }: Pick<Tuning, 'id' | 'state'>) =>
  queryOptions({
    queryKey: ['tunings', 'metrics', id],
    queryFn: ({ signal }) =>
      call('GET', `/v1/tunings/${id}/metrics`, {
        query: { points: CURVE_POINTS },
        answer: tuningMetricsSchema,
        signal,
      }),
    refetchInterval: isTerminal(state) ? false : REFRESH_MS,
  });

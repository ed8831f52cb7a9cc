// What tunings would take, told before they are created.
import { type TuningEstimate, tuningEstimateSchema } from '@tallrec/shared/wire/tuning-estimates';
import type { createTuningSchema } from '@tallrec/shared/wire/tunings';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from '../api.ts';

const MEASURED_AGAIN_MS = 1500;

/** What each of these would take of the nodes; asked again while a node tries its model out. */
export const tuningEstimatesQuery = (bodies: readonly z.input<typeof createTuningSchema>[]) =>
  queryOptions({
    queryKey: ['tuning-estimates', bodies],
    queryFn: ({ signal }) =>
      Promise.all(
        bodies.map((body) => call('POST', '/v1/tunings:estimate', { body, answer: tuningEstimateSchema, signal })),
      ),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    refetchInterval: ({ state }) => (state.data?.some(isMeasuring) ? MEASURED_AGAIN_MS : false),
  });

function isMeasuring({ nodes }: TuningEstimate): boolean {
  return nodes.some(({ estimate }) => estimate?.measuring === true);
}

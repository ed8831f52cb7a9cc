// The datasets that a stage can learn from.
import type { Stage } from '@tallrec/shared/tuning';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { useQueries } from '@tanstack/react-query';
import { readyDatasetsQuery } from '../../queries/datasets.ts';

const KINDS = { rec: ['interactions', 'samples'], alpaca: ['instructions'] } as const satisfies Record<
  Stage,
  readonly Dataset['kind'][]
>;

export interface ReadyDatasets {
  /** The newest first; undefined until all are there. */
  items: Dataset[] | undefined;
  /** There are older ones. */
  more: boolean;
  error: Error | null;
  retry: () => void;
}

export function useReadyDatasets(stage: Stage): ReadyDatasets {
  const kinds: readonly Dataset['kind'][] = KINDS[stage];
  return useQueries({
    queries: kinds.map(readyDatasetsQuery),
    combine: (results) => ({
      items: results.every(({ data }) => data !== undefined)
        ? results
            .flatMap(({ data }, at) => data!.items.filter(({ kind, state }) => kind === kinds[at] && state === 'ready'))
            .sort((a, b) => (a.id < b.id ? 1 : -1))
        : undefined,
      more: results.some(({ data }) => data !== undefined && data.nextCursor !== null),
      error: results.find(({ error }) => error)?.error ?? null,
      retry: () => {
        for (const { refetch } of results) void refetch();
      },
    }),
  });
}

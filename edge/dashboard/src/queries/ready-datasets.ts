// The datasets of some kinds that can be used, the newest first.
import type { Stage } from '@tallrec/shared/tuning';
import type { Dataset, DatasetKind } from '@tallrec/shared/wire/datasets';
import { useQueries } from '@tanstack/react-query';
import { readyDatasetsQuery } from './datasets.ts';

export interface ReadyDatasets {
  /** The newest first; undefined until all are there. */
  items: Dataset[] | undefined;
  /** There are older ones. */
  more: boolean;
  error: Error | null;
  retry: () => void;
}

export function useReadyDatasets(kinds: readonly DatasetKind[]): ReadyDatasets {
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

const LEARNED_FROM: Record<Stage, readonly DatasetKind[]> = {
  rec: ['interactions', 'samples'],
  alpaca: ['instructions'],
};

/** Those that a stage can learn from. */
export function useDatasetsForStage(stage: Stage): ReadyDatasets {
  return useReadyDatasets(LEARNED_FROM[stage]);
}

// Everything that a comparison needs of the API, from the ids that were chosen.
import { useQueries, useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api.ts';
import { adapterQuery, adaptersQuery } from '../../queries/adapters.ts';
import { evaluationQuery, evaluationsOfQuery } from '../../queries/evaluations.ts';
import { newestTuningsQuery, tuningQuery } from '../../queries/tunings.ts';
import { useListed } from '../../queries/use-listed.ts';
import { type Run, runsOf } from './runs.ts';

export interface ComparedRuns {
  runs: Run[];
  /** Nothing that was chosen is there yet. */
  loading: boolean;
  /** Of one that could not be asked for. */
  error: Error | null;
  retry: () => void;
  /** Chosen, and not there. */
  missing: string[];
  adapterNamed: (id: string) => string | undefined;
}

const present = <T>(values: readonly (T | null | undefined)[]): T[] => [
  ...new Set(values.filter((value): value is T => value !== null && value !== undefined)),
];

export function useCompared(tuningIds: readonly string[], evaluationIds: readonly string[]): ComparedRuns {
  const tunings = useQueries({ queries: tuningIds.map(tuningQuery) });
  const chosen = useQueries({ queries: evaluationIds.map(evaluationQuery) });
  const newestAdapters = useQuery(adaptersQuery);
  const judgedAdapters = useListed(present(chosen.map(({ data }) => data?.adapter)), newestAdapters, adapterQuery);
  const makerIds = present(judgedAdapters.map(({ tuning }) => tuning)).filter((id) => !tuningIds.includes(id));
  const makers = useListed(makerIds, useQuery(newestTuningsQuery), tuningQuery);
  const there = present(tunings.map(({ data }) => data));
  const allTunings = [...there, ...makers];
  const firstStages = useListed(
    present(allTunings.map(({ initAdapter }) => initAdapter)),
    newestAdapters,
    adapterQuery,
  );
  const others = useQueries({ queries: present(there.map(({ adapter }) => adapter)).map(evaluationsOfQuery) });

  const adapters = new Map([...judgedAdapters, ...firstStages].map((adapter) => [adapter.id, adapter]));
  const runs = runsOf({
    tunings: there,
    evaluations: present(chosen.map(({ data }) => data)),
    others: others.flatMap(({ data }) => data?.items ?? []),
    makerOf: (id) => allTunings.find((tuning) => tuning.id === adapters.get(id)?.tuning),
    stageOf: (id) => adapters.get(id)?.stage,
  });
  const asked = [...tunings, ...chosen];
  const ids = [...tuningIds, ...evaluationIds];
  const isGone = (error: Error | null) => error instanceof ApiError && error.code === 'NOT_FOUND';
  const failed = asked.filter(({ error }) => error && !isGone(error));
  return {
    runs,
    loading: runs.length === 0 && asked.some(({ isPending, error }) => isPending && !error),
    error: failed[0]?.error ?? null,
    retry: () => {
      for (const { refetch } of failed) void refetch();
    },
    missing: ids.filter((_, at) => isGone(asked[at]!.error)),
    adapterNamed: (id) => adapters.get(id)?.name,
  };
}

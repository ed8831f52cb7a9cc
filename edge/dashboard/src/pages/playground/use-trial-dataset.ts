// Which dataset the playground takes people and titles from: as the address says, else what the adapter learned from, else the newest.
import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useReadyDatasets } from '../../queries/ready-datasets.ts';
import { tuningQuery } from '../../queries/tunings.ts';

const WITH_HISTORIES = ['interactions', 'samples'] as const;

export interface TrialDataset {
  /** Null: there is none; undefined: that is not known yet. */
  dataset: Dataset | null | undefined;
  datasets: readonly Dataset[];
  /** Whether it is the one that the address names. */
  isAsked: boolean;
  /** Whether the adapter learned from it. */
  isSource: boolean;
  /** How long the histories are that the adapter learned from; undefined where nobody knows. */
  learnedLength: number | undefined;
}

/** @param adapter undefined where there is none, or while `isPending` */
export function useTrialDataset(adapter: Adapter | undefined, isPending: boolean): TrialDataset {
  const asked = useSearch({ from: '/app/playground' }).dataset;
  const { items, error } = useReadyDatasets(WITH_HISTORIES);
  const tuning = useQuery({
    ...tuningQuery(adapter?.tuning ?? ''),
    enabled: adapter != null && adapter.tuning !== null,
  });
  const datasets = items ?? [];
  const source = adapter?.tuning ? tuning.data?.dataset : undefined;
  const named = (id: string | undefined) => datasets.find((dataset) => dataset.id === id);
  const unknown = (!items && !error) || (asked === undefined && (isPending || tuning.isLoading));
  const dataset = unknown ? undefined : (named(asked) ?? named(source) ?? datasets[0] ?? null);
  return {
    dataset,
    datasets,
    isAsked: asked !== undefined && dataset?.id === asked,
    isSource: dataset != null && dataset.id === source,
    learnedLength: longestHistory(named(source)),
  };
}

function longestHistory(dataset: Dataset | undefined): number | undefined {
  if (dataset?.kind === 'interactions') return dataset.sampling.historyLength;
  const lengths = dataset?.stats?.profile?.historyLengths;
  return lengths && lengths.length > 0 ? Math.max(...lengths.map(({ to }) => to)) : undefined;
}

// The trial that the browser keeps for this window, begun with someone from the dataset.
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { historiesQuery, itemsQuery } from '../../queries/histories.ts';
import { EMPTY, personKey, type Trial, trialSchema, withPerson, withPopular } from './trial.ts';
import { useKept } from './use-kept.ts';
import type { TrialDataset } from './use-trial-dataset.ts';

export interface TrialView {
  trial: Trial;
  /** Until what it begins with has come. */
  isPending: boolean;
  change: (how: (trial: Trial) => Trial) => void;
}

/** It begins anew where another dataset is asked for than it began with. */
export function useTrial({ dataset, isAsked }: Pick<TrialDataset, 'dataset' | 'isAsked'>): TrialView {
  const [kept, setKept] = useKept('trial', trialSchema);
  const begins = dataset != null && (kept === null || (isAsked && kept.dataset !== dataset.id));
  const id = dataset?.id ?? '';
  const histories = useQuery({ ...historiesQuery(id, ''), enabled: begins });
  const items = useQuery({ ...itemsQuery(id, ''), enabled: begins });
  const [first] = histories.data?.histories ?? [];
  useEffect(() => {
    if (!begins || histories.isPending || items.isPending) return;
    const begun = first ? withPerson(EMPTY, first, personKey(first, 0)) : EMPTY;
    setKept({ ...withPopular(begun, items.data?.items ?? []), dataset: id });
  }, [begins, id, histories.isPending, items.isPending, items.data, first, setKept]);
  const change = useCallback((how: (trial: Trial) => Trial) => setKept((before) => how(before ?? EMPTY)), [setKept]);
  const isPending = begins ? histories.isPending || items.isPending : kept === null && dataset === undefined;
  return { trial: kept ?? EMPTY, isPending, change };
}

// The trial that the browser keeps for this window, begun with someone from the dataset.
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { historiesQuery, itemsQuery } from '../../queries/histories.ts';
import { EMPTY, personKey, type Trial, trialSchema, withPerson, withPopular } from './trial.ts';
import { useKept } from './use-kept.ts';

export interface TrialView {
  trial: Trial;
  /** Until what it begins with has come. */
  isPending: boolean;
  change: (how: (trial: Trial) => Trial) => void;
  /** With someone of the dataset as it is now. */
  beginAnew: () => void;
}

/** @param dataset null where there is none to begin with, undefined until that is known */
export function useTrial(dataset: Dataset | null | undefined): TrialView {
  const [kept, setKept] = useKept('trial', trialSchema);
  const begins = kept === null && dataset != null;
  const id = dataset?.id ?? '';
  const histories = useQuery({ ...historiesQuery(id, ''), enabled: begins });
  const items = useQuery({ ...itemsQuery(id, ''), enabled: begins });
  const [first] = histories.data?.histories ?? [];
  useEffect(() => {
    if (!begins || histories.isPending || items.isPending) return;
    const begun = first ? withPerson(EMPTY, first, personKey(first, 0)) : EMPTY;
    setKept(withPopular(begun, items.data?.items ?? []));
  }, [begins, histories.isPending, items.isPending, items.data, first, setKept]);
  const change = useCallback((how: (trial: Trial) => Trial) => setKept((before) => how(before ?? EMPTY)), [setKept]);
  const isPending = kept === null && (dataset === undefined || (begins && (histories.isPending || items.isPending)));
  const beginAnew = useCallback(() => setKept(null), [setKept]);
  return { trial: kept ?? EMPTY, isPending, change, beginAnew };
}

// How many in the dataset liked each candidate: of those that were not picked from it, found by their titles.
import { itemKey } from '@tallrec/shared/metrics';
import type { Item } from '@tallrec/shared/sample';
import type { DatasetItems } from '@tallrec/shared/wire/datasets';
import { useQueries } from '@tanstack/react-query';
import { itemsQuery } from '../../queries/histories.ts';
import type { Candidate } from './trial.ts';

/** @returns undefined where nobody knows */
export function useLikes(
  dataset: string | undefined,
  candidates: readonly Candidate[],
): (item: Item) => number | undefined {
  const unknown = candidates.filter(({ likes }) => likes === undefined);
  const found = useQueries({
    queries: unknown.map(({ title }) => ({ ...itemsQuery(dataset ?? '', title), enabled: dataset !== undefined })),
  });
  const likes = new Map(candidates.map((candidate) => [itemKey(candidate), candidate.likes]));
  for (const [at, candidate] of unknown.entries()) {
    likes.set(itemKey(candidate), likesAmong(found[at]?.data?.items ?? [], candidate));
  }
  return (item) => likes.get(itemKey(item));
}

/** Typed titles have no id. */
function likesAmong(items: DatasetItems['items'], { id, title, by }: Item): number | undefined {
  const same = items.find((item) =>
    id === undefined ? item.title === title && (by ?? item.by) === item.by : item.id === id,
  );
  return same?.liked;
}

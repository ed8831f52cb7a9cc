// Things by their ids, of which most stand in a list that is there anyway: what is gone is not asked for where the list says so.
import { type UseQueryOptions, type UseQueryResult, useQueries } from '@tanstack/react-query';

interface Listed<T> {
  items: readonly T[];
  nextCursor: string | null;
}

/**
 * @param newest of the list
 * @param one asks for an older one alone
 * @returns those that there are, in the order of the ids
 */
export function useListed<T extends { id: string }, K extends readonly unknown[]>(
  ids: readonly string[],
  newest: UseQueryResult<Listed<T>>,
  one: (id: string) => UseQueryOptions<T, Error, T, K>,
): T[] {
  const listed = new Map((newest.data?.items ?? []).map((item) => [item.id, item]));
  const older = newest.data?.nextCursor == null ? [] : ids.filter((id) => !listed.has(id));
  const asked = useQueries({ queries: older.map(one) });
  for (const { data } of asked) if (data) listed.set(data.id, data);
  return ids.flatMap((id) => listed.get(id) ?? []);
}

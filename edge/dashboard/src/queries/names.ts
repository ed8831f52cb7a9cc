// The names of things by their ids, of each kind the newest: for lists that tell of many of them.
import { LIMITS } from '@tallrec/shared/limits';
import { pageOf } from '@tallrec/shared/wire/page';
import { queryOptions, useQueries, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { call } from '../api.ts';
import { includesScope, sessionQuery } from './session.ts';

export const NAMED = ['datasets', 'tunings', 'evaluations', 'scorings', 'adapters', 'nodes', 'keys'] as const;
export type Named = (typeof NAMED)[number];

const FRESH_MS = 60_000;
const pageSchema = pageOf(z.object({ id: z.string(), name: z.string() }));

const namesQuery = (kind: Named) =>
  queryOptions({
    queryKey: ['names', kind],
    queryFn: ({ signal }) =>
      call('GET', `/v1/${kind}`, { query: { limit: LIMITS.pageItems }, answer: pageSchema, signal }),
    staleTime: FRESH_MS,
  });

export interface KnownName {
  kind: Named;
  id: string;
  name: string;
}

/** Of what may be seen: keys are for administrators. */
export function useNames(kinds: readonly Named[] = NAMED): ReadonlyMap<string, KnownName> {
  const { data: session } = useQuery(sessionQuery);
  const may = (kind: Named) => includesScope(session?.scopes ?? [], kind === 'keys' ? 'admin' : 'read');
  const lists = useQueries({ queries: kinds.map((kind) => ({ ...namesQuery(kind), enabled: may(kind) })) });
  return new Map(
    lists.flatMap(({ data }, at) =>
      (data?.items ?? []).map(({ id, name }) => [id, { kind: kinds[at]!, id, name }] as const),
    ),
  );
}

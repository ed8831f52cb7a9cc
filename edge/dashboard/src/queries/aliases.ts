// Aliases: where each points and pointed before, moved and deleted.
import { LIMITS } from '@tallrec/shared/limits';
import { adapterSchema, aliasHistorySchema, namedAdapterSchema } from '@tallrec/shared/wire/adapters';
import { pageOf } from '@tallrec/shared/wire/page';
import { keepPreviousData, queryOptions, useMutation } from '@tanstack/react-query';
import { call } from '../api.ts';
import { useAliasesMoved } from './adapters.ts';

const all = ['aliases'] as const;

/** Those that come first by their names, as many as one page holds. */
export const aliasesQuery = queryOptions({
  queryKey: [...all, 'first'],
  queryFn: ({ signal }) =>
    call('GET', '/v1/aliases', { query: { limit: LIMITS.pageItems }, answer: pageOf(namedAdapterSchema), signal }),
});

export const aliasesPageQuery = (cursor: string | undefined) =>
  queryOptions({
    queryKey: [...all, 'list', cursor ?? null],
    queryFn: ({ signal }) =>
      call('GET', '/v1/aliases', { query: { cursor }, answer: pageOf(namedAdapterSchema), signal }),
    placeholderData: keepPreviousData,
  });

export const aliasQuery = (alias: string) =>
  queryOptions({
    queryKey: [...all, 'one', alias],
    queryFn: ({ signal }) => call('GET', `/v1/aliases/${alias}`, { answer: aliasHistorySchema, signal }),
  });

export function usePointAlias() {
  const moved = useAliasesMoved();
  return useMutation({
    mutationFn: ({ alias, adapter }: { alias: string; adapter: string }) =>
      call('PUT', `/v1/aliases/${alias}`, { body: { adapter }, answer: adapterSchema }),
    onSuccess: () => moved(),
  });
}

export function useDeleteAlias(alias: string) {
  const moved = useAliasesMoved();
  return useMutation({
    mutationFn: () => call('DELETE', `/v1/aliases/${alias}`),
    onSuccess: () => moved(alias),
  });
}

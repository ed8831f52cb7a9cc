// Adapters: listed, looked at, imported, deleted.
import { LIMITS } from '@tallrec/shared/limits';
import { type Adapter, adapterSchema } from '@tallrec/shared/wire/adapters';
import { pageOf } from '@tallrec/shared/wire/page';
import {
  keepPreviousData,
  type Query,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { ApiError, call } from '../api.ts';
import type { ImportInput } from '../transfers/import-adapter.ts';
import { everyPage } from './every-page.ts';

const all = ['adapters'] as const;

/** The newest, as many as one page holds. */
export const adaptersQuery = queryOptions({
  queryKey: [...all, 'newest'],
  queryFn: ({ signal }) =>
    call('GET', '/v1/adapters', { query: { limit: LIMITS.pageItems }, answer: pageOf(adapterSchema), signal }),
});

export const adaptersPageQuery = (cursor: string | undefined) =>
  queryOptions({
    queryKey: [...all, 'list', cursor ?? null],
    queryFn: ({ signal }) => call('GET', '/v1/adapters', { query: { cursor }, answer: pageOf(adapterSchema), signal }),
    placeholderData: keepPreviousData,
  });

/** @param ref a content hash or an alias */
export const adapterQuery = (ref: string) =>
  queryOptions({
    queryKey: [...all, 'one', ref],
    queryFn: ({ signal }) => call('GET', `/v1/adapters/${ref}`, { answer: adapterSchema, signal }),
  });

/** One of those that are listed anyway, or asked for alone where it is older. */
export function useAdapter(id: string): { adapter: Adapter | undefined; isGone: boolean } {
  const newest = useQuery(adaptersQuery);
  const listed = newest.data?.items.find((adapter) => adapter.id === id);
  const older = newest.data?.nextCursor != null && !listed;
  const { data, error } = useQuery({ ...adapterQuery(id), enabled: older });
  const adapter = listed ?? data;
  const isUnknown = error instanceof ApiError && error.code === 'NOT_FOUND';
  // A list that is being fetched anew may be of before it was made.
  const isUnlisted = newest.data?.nextCursor === null && !newest.isFetching;
  return { adapter, isGone: !adapter && (isUnknown || isUnlisted) };
}

export function useImportAdapter() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (input: ImportInput) => {
      const { importAdapter } = await import('../transfers/import-adapter.ts');
      return await importAdapter(input);
    },
    onSuccess: async (adapter) => {
      client.setQueryData(adapterQuery(adapter.id).queryKey, adapter);
      await client.invalidateQueries({ queryKey: [...all, 'list'] });
      await client.invalidateQueries({ queryKey: [...all, 'newest'] });
    },
  });
}

export function useDeleteAdapter(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('DELETE', `/v1/adapters/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: all, predicate: ({ queryKey }) => queryKey[2] !== id }),
  });
}

/**
 * For when an alias moved: adapters are shown with theirs.
 * @returns to be told of an alias that is gone, which is not asked for again
 */
export function useAliasesMoved() {
  const client = useQueryClient();
  return async (gone?: string) => {
    const predicate = ({ queryKey }: Query) => gone === undefined || queryKey[2] !== gone;
    await Promise.all([
      client.invalidateQueries({ queryKey: all, predicate }),
      client.invalidateQueries({ queryKey: ['aliases'], predicate }),
    ]);
  };
}

export const allAdaptersQuery = queryOptions({
  queryKey: [...all, 'all'],
  queryFn: ({ signal }) => everyPage('/v1/adapters', { item: adapterSchema, signal }),
});

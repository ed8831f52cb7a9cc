// Nodes: listed, made, drained, given new tokens, deleted.
import { LIMITS } from '@tallrec/shared/limits';
import { type CreateNode, createdNodeSchema, nodeSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../api.ts';

const all = ['nodes'] as const;
const REFRESH_MS = 10_000;
const JOB_REFRESH_MS = 4_000;

export const nodesQuery = (cursor: string | undefined) =>
  queryOptions({
    queryKey: [...all, 'list', cursor ?? null],
    queryFn: ({ signal }) => call('GET', '/v1/nodes', { query: { cursor }, answer: pageOf(nodeSchema), signal }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });

export const nodeQuery = (id: string) =>
  queryOptions({
    queryKey: [...all, 'one', id],
    queryFn: ({ signal }) => call('GET', `/v1/nodes/${id}`, { answer: nodeSchema, signal }),
  });

/** Asked again and again, for as long as a job is with it. */
export const nodeOfJobQuery = (id: string) => queryOptions({ ...nodeQuery(id), refetchInterval: JOB_REFRESH_MS });

/** Of those that one page holds, by their ids. */
export const nodeNamesQuery = queryOptions({
  queryKey: [...all, 'names'],
  queryFn: ({ signal }) =>
    call('GET', '/v1/nodes', { query: { limit: LIMITS.pageItems }, answer: pageOf(nodeSchema), signal }),
  select: ({ items }) => new Map(items.map(({ id, name }) => [id, name])),
  staleTime: 60_000,
});

function useNodeMutation<V, R>(mutationFn: (input: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => client.invalidateQueries({ queryKey: all }) });
}

export const useCreateNode = () =>
  useNodeMutation(({ body, idempotencyKey }: { body: CreateNode; idempotencyKey: string }) =>
    call('POST', '/v1/nodes', { body, idempotencyKey, answer: createdNodeSchema }),
  );

/** Its secret ends; it joins again with the token. */
export const useRenewNodeToken = (id: string) =>
  useNodeMutation((idempotencyKey: string) =>
    call('POST', `/v1/nodes/${id}/token`, { idempotencyKey, answer: createdNodeSchema }),
  );

export const useDrainNode = (id: string) =>
  useNodeMutation((draining: boolean) =>
    call('POST', `/v1/nodes/${id}/${draining ? 'drain' : 'resume'}`, { answer: nodeSchema }),
  );

export const useDeleteNode = (id: string) => useNodeMutation(() => call('DELETE', `/v1/nodes/${id}`));

// API keys: listed, made, rotated, revoked.
import { apiKeySchema, createdKeySchema, type createKeySchema } from '@tallrec/shared/wire/keys';
import { pageOf } from '@tallrec/shared/wire/page';
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from '../api.ts';

const all = ['keys'] as const;

export const keysQuery = (cursor: string | undefined) =>
  queryOptions({
    queryKey: [...all, 'list', cursor ?? null],
    queryFn: ({ signal }) => call('GET', '/v1/keys', { query: { cursor }, answer: pageOf(apiKeySchema), signal }),
    placeholderData: keepPreviousData,
  });

function useKeyMutation<V, R>(mutationFn: (input: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => client.invalidateQueries({ queryKey: all }) });
}

export const useCreateKey = () =>
  useKeyMutation(({ body, idempotencyKey }: { body: z.input<typeof createKeySchema>; idempotencyKey: string }) =>
    call('POST', '/v1/keys', { body, idempotencyKey, answer: createdKeySchema }),
  );

/** @param overlapSeconds how long the old secret goes on to hold */
export const useRotateKey = (id: string) =>
  useKeyMutation(({ overlapSeconds, idempotencyKey }: { overlapSeconds: number; idempotencyKey: string }) =>
    call('POST', `/v1/keys/${id}/rotate`, { body: { overlapSeconds }, idempotencyKey, answer: createdKeySchema }),
  );

export const useRevokeKey = (id: string) =>
  useKeyMutation(() => call('DELETE', `/v1/keys/${id}`, { answer: apiKeySchema }));

// Who is signed in, signing in and out, and what the session may do.
import type { Scope } from '@tallrec/shared/wire/keys';
import { type SignIn, sessionSchema } from '@tallrec/shared/wire/session';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, call } from '../api.ts';

/** Null: nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: 60_000,
  queryFn: async ({ signal }) => {
    try {
      return await call('GET', '/v1/session', { answer: sessionSchema, signal });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
});

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SignIn) => call('POST', '/v1/session', { body, answer: sessionSchema }),
    onSuccess: (session) => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('DELETE', '/v1/session'),
    onSuccess: () => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, null);
    },
  });
}

export function includesScope(scopes: readonly Scope[], scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}

export function useMay(scope: Scope): boolean {
  const { data } = useQuery(sessionQuery);
  return data ? includesScope(data.scopes, scope) : false;
}

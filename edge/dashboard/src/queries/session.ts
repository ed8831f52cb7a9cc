// Who is signed in, signing in and out, and what the session may do.
import type { Scope } from '@tallrec/shared/wire/keys';
import { type SignIn, sessionSchema } from '@tallrec/shared/wire/session';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, call } from '../api.ts';

const SESSION = ['session'] as const;

/** Null: nobody is. One that ended meanwhile stays as it was, and fails: what stands on the page is not taken away. */
export const sessionQuery = queryOptions({
  queryKey: SESSION,
  staleTime: 60_000,
  queryFn: async ({ signal, client }) => {
    try {
      return await call('GET', '/v1/session', { answer: sessionSchema, signal });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401 && !client.getQueryData(SESSION)) return null;
      throw error;
    }
  },
});

/** Whether the session ended while it was used: its key was revoked, or its time is over. */
export const sessionEndedQuery = queryOptions({
  queryKey: ['session-ended'],
  queryFn: () => false,
  initialData: false,
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SignIn) => call('POST', '/v1/session', { body, answer: sessionSchema }),
    onSuccess: async (session) => {
      const before = client.getQueryData(sessionQuery.queryKey);
      const goesOn = before?.workspace.id === session.workspace.id && client.getQueryData(sessionEndedQuery.queryKey);
      // In the same workspace the page that was left is gone on with.
      if (!goesOn) client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
      client.setQueryData(sessionEndedQuery.queryKey, false);
      if (goesOn) await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
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

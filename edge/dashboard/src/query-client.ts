// One cache for all that was asked of the API; a session that ended anywhere is told to whoever listens.
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './api.ts';

const TRIES = 2;

function mayRetry(failures: number, error: Error): boolean {
  return failures < TRIES && error instanceof ApiError && error.retryable;
}

/** @param onSignedOut called at each 401, but not at that of signing in */
export function newQueryClient(onSignedOut: (client: QueryClient) => void): QueryClient {
  const noteError = (error: Error) => {
    if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') onSignedOut(client);
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: noteError }),
    mutationCache: new MutationCache({ onError: noteError }),
    defaultOptions: {
      queries: { staleTime: 5000, retry: mayRetry },
      mutations: { retry: false },
    },
  });
  return client;
}

// The states of everything that is asked of the API: loading, offline, failed, there but not fresh, there.
import { Alert, Skeleton, Stack, VisuallyHidden } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError } from '../api.ts';
import { texts } from '../texts.ts';
import { ErrorAlert, OfflineAlert } from './alerts.tsx';

interface QueryViewProps<T> {
  query: UseQueryResult<T>;
  children: (data: T) => ReactNode;
}

export function QueryView<T>({ query, children }: QueryViewProps<T>) {
  const { data, error, fetchStatus, refetch } = query;
  if (data !== undefined) {
    return (
      <>
        {error && <ErrorAlert error={error} title={texts.states.notFresh} onRetry={() => refetch()} />}
        {children(data)}
      </>
    );
  }
  if (error && isMissing(error)) return <Missing />;
  if (error) return <ErrorAlert error={error} onRetry={() => refetch()} />;
  if (fetchStatus === 'paused') return <OfflineAlert />;
  return <Loading />;
}

/** There is no such thing, or what the address names could be none. */
function isMissing(error: Error): boolean {
  return error instanceof ApiError && (error.code === 'NOT_FOUND' || error.code === 'VALIDATION_FAILED');
}

function Missing() {
  return (
    <Alert color="gray" title={texts.states.missing.title} role="alert">
      {texts.states.missing.body}
    </Alert>
  );
}

export function Loading() {
  return (
    <Stack gap="sm" role="status">
      <VisuallyHidden>{texts.states.loading}</VisuallyHidden>
      {['first', 'second', 'third', 'fourth'].map((line) => (
        <Skeleton key={line} height={36} />
      ))}
    </Stack>
  );
}

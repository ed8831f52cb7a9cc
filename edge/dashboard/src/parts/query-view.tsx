// The states of everything that is asked of the API: loading, offline, failed, there but not fresh, there.
import { Skeleton, Stack, VisuallyHidden } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
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
  if (error) return <ErrorAlert error={error} onRetry={() => refetch()} />;
  if (fetchStatus === 'paused') return <OfflineAlert />;
  return <Loading />;
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

// One page of a list with links to the others, or what stands where nothing was ever made.
import { Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Pager } from './pager.tsx';
import { QueryView } from './query-view.tsx';

interface PagedListProps<T> {
  query: UseQueryResult<{ items: T[]; nextCursor: string | null }>;
  cursor: string | undefined;
  empty: ReactNode;
  children: (items: T[]) => ReactNode;
}

export function PagedList<T>({ query, cursor, empty, children }: PagedListProps<T>) {
  return (
    <QueryView query={query}>
      {({ items, nextCursor }) =>
        items.length === 0 && cursor === undefined ? (
          empty
        ) : (
          <Stack>
            {children(items)}
            <Pager cursor={cursor} nextCursor={nextCursor} />
          </Stack>
        )
      }
    </QueryView>
  );
}

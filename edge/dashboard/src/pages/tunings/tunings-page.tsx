// All tunings, newest first, kept fresh while one is at work.
import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { Empty } from '../../parts/empty.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { Pager } from '../../parts/pager.tsx';
import { Loading, QueryView } from '../../parts/query-view.tsx';
import { useMay } from '../../queries/session.ts';
import { tuningsQuery } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';

const words = texts.tunings;

/** It is fetched beside the tunings themselves, and the frame of the page waits for neither. */
const table = import('./tunings-table.tsx');
table.catch(() => undefined);
const TuningsTable = lazy(() => table.then((module) => ({ default: module.TuningsTable })));

export function TuningsPage() {
  const { cursor } = useSearch({ from: '/app/tunings' });
  const query = useQuery(tuningsQuery(cursor));
  const mayCreate = useMay('tunings:write');
  const create = mayCreate && <LinkButton to="/tunings/new">{words.create}</LinkButton>;
  return (
    <Page title={words.title} lead={words.lead} actions={create}>
      <QueryView query={query}>
        {({ items, nextCursor }) =>
          items.length === 0 && cursor === undefined ? (
            <Empty title={words.empty.title} action={create}>
              {words.empty.body}
            </Empty>
          ) : (
            <Stack>
              <Suspense fallback={<Loading />}>
                <TuningsTable tunings={items} />
              </Suspense>
              <Pager cursor={cursor} nextCursor={nextCursor} />
            </Stack>
          )
        }
      </QueryView>
    </Page>
  );
}

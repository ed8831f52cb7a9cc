// All tunings, newest first, kept fresh while one is at work.
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { Empty } from '../../parts/empty.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Loading } from '../../parts/query-view.tsx';
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
      <PagedList
        query={query}
        cursor={cursor}
        empty={
          <Empty title={words.empty.title} action={create}>
            {words.empty.body}
          </Empty>
        }
      >
        {(tunings) => (
          <Suspense fallback={<Loading />}>
            <TuningsTable tunings={tunings} />
          </Suspense>
        )}
      </PagedList>
    </Page>
  );
}

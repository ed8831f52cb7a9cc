// All tunings, newest first, kept fresh while one is at work; narrowed to a state, and chosen among to be compared.
import { Group } from '@mantine/core';
import type { StateFilter } from '@tallrec/shared/wire/jobs';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { Choosing } from '../../parts/choosing.tsx';
import { Empty } from '../../parts/empty.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Loading } from '../../parts/query-view.tsx';
import { useMay } from '../../queries/session.ts';
import { tuningsQuery } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';
import { compareHref } from './compare-href.ts';

const words = texts.tunings;
const hrefOf = (ids: readonly string[]) => compareHref(ids.map((id) => ({ id })));
const FILTERS = ['unfinished', 'succeeded', 'failed', 'cancelled'] as const satisfies readonly StateFilter[];

/** It is fetched beside the tunings themselves, and the frame of the page waits for neither. */
const table = import('./tunings-table.tsx');
table.catch(() => undefined);
const TuningsTable = lazy(() => table.then((module) => ({ default: module.TuningsTable })));

export function TuningsPage() {
  const { cursor, state } = useSearch({ from: '/app/tunings' });
  const query = useQuery(tuningsQuery({ cursor, state }));
  const [mayCreate, mayUpload] = [useMay('tunings:write'), useMay('datasets:write')];
  /** Null while nothing is being chosen. */
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const create = mayCreate && <LinkButton to="/tunings/new">{words.create}</LinkButton>;
  const empty = state ? (
    <Empty title={words.nothingSo.title}>{words.nothingSo.body}</Empty>
  ) : (
    <Empty
      title={words.empty.title}
      action={
        <Group justify="center">
          {create}
          {mayUpload && (
            <LinkButton to="/datasets/new" variant="default">
              {texts.datasets.create}
            </LinkButton>
          )}
        </Group>
      }
    >
      {words.empty.body}
    </Empty>
  );
  return (
    <Page title={words.title} lead={words.lead} actions={create}>
      <Group justify="space-between">
        <StateLinks state={state} />
        <Choosing chosen={chosen} onChange={setChosen} hrefOf={hrefOf} />
      </Group>
      <PagedList query={query} cursor={cursor} empty={empty}>
        {(tunings) => (
          <Suspense fallback={<Loading />}>
            <TuningsTable tunings={tunings} {...(chosen ? { chosen, onChoose: setChosen } : {})} />
          </Suspense>
        )}
      </PagedList>
    </Page>
  );
}

function StateLinks({ state }: { state: StateFilter | undefined }) {
  return (
    <Group component="nav" aria-label={words.filters.label} gap={6}>
      {[undefined, ...FILTERS].map((one) => (
        <LinkButton
          key={one ?? 'all'}
          to="/tunings"
          search={one ? { state: one } : {}}
          size="xs"
          variant={one === state ? 'light' : 'default'}
          aria-current={one === state ? 'true' : undefined}
        >
          {words.filters[one ?? 'all']}
        </LinkButton>
      ))}
    </Group>
  );
}

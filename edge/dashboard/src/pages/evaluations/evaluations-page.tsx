// All evaluations, newest first, kept fresh while one is at work; those chosen can be compared.

import { Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { Choosing } from '../../parts/choosing.tsx';
import { Empty } from '../../parts/empty.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { evaluationsQuery } from '../../queries/evaluations.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import { EvaluationsTable } from './evaluations-table.tsx';

const words = texts.evaluations;
const hrefOf = (ids: readonly string[]) => `/compare?evaluations=${ids.join(',')}`;

export function EvaluationsPage() {
  const { cursor } = useSearch({ from: '/app/evaluations' });
  const query = useQuery(evaluationsQuery({ cursor }));
  const mayCreate = useMay('evaluations:write');
  /** Null while nothing is being chosen. */
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const create = mayCreate && <LinkButton to="/evaluations/new">{words.create}</LinkButton>;
  return (
    <Page title={words.title} lead={words.lead} actions={create}>
      {query.data && query.data.items.length > 1 && (
        <Group justify="flex-end">
          <Choosing chosen={chosen} onChange={setChosen} hrefOf={hrefOf} />
        </Group>
      )}
      <PagedList
        query={query}
        cursor={cursor}
        empty={
          <Empty title={words.empty.title} action={create}>
            {words.empty.body}
          </Empty>
        }
      >
        {(evaluations) => (
          <EvaluationsTable evaluations={evaluations} {...(chosen ? { chosen, onChoose: setChosen } : {})} />
        )}
      </PagedList>
    </Page>
  );
}

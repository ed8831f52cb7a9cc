// All datasets, newest first, of one kind or state if asked; a file dropped anywhere begins a new one.
import { Alert, Group, NativeSelect, Stack } from '@mantine/core';
import { DATASET_KINDS, DATASET_STATES } from '@tallrec/shared/wire/datasets';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { Empty } from '../../parts/empty.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { type DatasetFilter, datasetListQuery } from '../../queries/datasets.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import { chooseFile } from '../../transfers/chosen-file.ts';
import { DatasetsTable } from './datasets-table.tsx';

const DropAnywhere = lazy(() => import('./drop-anywhere.tsx').then((module) => ({ default: module.DropAnywhere })));
const words = texts.datasets;

export function DatasetsPage() {
  const { cursor, kind, state } = useSearch({ from: '/app/datasets' });
  const filter = {
    cursor,
    kind: DATASET_KINDS.find((one) => one === kind),
    state: DATASET_STATES.find((one) => one === state),
  };
  const query = useQuery(datasetListQuery(filter));
  const mayUpload = useMay('datasets:write');
  const filtered = filter.kind !== undefined || filter.state !== undefined;
  const isEmpty = query.data?.items.length === 0 && !filtered && filter.cursor === undefined;
  const create = mayUpload && <LinkButton to="/datasets/new">{words.create}</LinkButton>;
  return (
    <Page title={words.title} lead={words.lead} actions={!isEmpty && create}>
      <Stack>
        {!mayUpload && <Alert color="gray">{words.readOnly}</Alert>}
        {!isEmpty && <Filters {...filter} />}
        <PagedList
          query={query}
          cursor={filter.cursor}
          empty={
            filtered ? (
              <Empty title={words.noneFits}>{null}</Empty>
            ) : (
              <Empty title={words.empty.title} action={create}>
                {words.empty.body}
              </Empty>
            )
          }
        >
          {(datasets) => <DatasetsTable datasets={datasets} />}
        </PagedList>
      </Stack>
      {mayUpload && <Dropping />}
    </Page>
  );
}

function Filters({ kind, state }: DatasetFilter) {
  const navigate = useNavigate({ from: '/datasets' });
  const set = (change: DatasetFilter) =>
    navigate({ search: (before) => ({ ...before, ...change, cursor: undefined }), replace: true });
  const chosen = <V extends string>(values: readonly V[], value: string) => values.find((one) => one === value);
  return (
    <search aria-label={words.filters.label}>
      <Group>
        <NativeSelect
          label={words.filters.kind}
          value={kind ?? ''}
          onChange={({ currentTarget }) => set({ kind: chosen(DATASET_KINDS, currentTarget.value) })}
          data={[
            { value: '', label: words.filters.all },
            ...DATASET_KINDS.map((value) => ({ value, label: words.kinds[value] })),
          ]}
        />
        <NativeSelect
          label={words.filters.state}
          value={state ?? ''}
          onChange={({ currentTarget }) => set({ state: chosen(DATASET_STATES, currentTarget.value) })}
          data={[
            { value: '', label: words.filters.all },
            ...DATASET_STATES.map((value) => ({ value, label: words.states[value] })),
          ]}
        />
      </Group>
    </search>
  );
}

function Dropping() {
  const navigate = useNavigate();
  const look = () => navigate({ to: '/datasets/new' });
  return (
    <Suspense>
      <DropAnywhere
        onFile={(file) => {
          chooseFile(file);
          void look();
        }}
        onReject={look}
      />
    </Suspense>
  );
}

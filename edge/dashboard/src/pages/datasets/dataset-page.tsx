// One dataset: on its way, being checked, refused with what to mend, or ready with all that is known of it.
import { Stack } from '@mantine/core';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { datasetQuery } from '../../queries/datasets.ts';
import { texts } from '../../texts.ts';
import { CheckPanel } from './check-panel.tsx';
import { DatasetActions } from './dataset-actions.tsx';
import { DatasetBadge } from './dataset-badge.tsx';
import { DatasetFacts } from './dataset-facts.tsx';
import { ReadyDataset } from './ready-dataset.tsx';
import { RefusedDataset } from './refused-dataset.tsx';
import { RowErrorsPanel } from './row-errors-panel.tsx';
import { UploadPanel } from './upload-panel.tsx';
import { Warnings } from './warnings.tsx';

const words = texts.datasetDetail;

export function DatasetPage() {
  const { id } = useParams({ from: '/app/datasets/$id' });
  const query = useQuery(datasetQuery(id));
  const actions = query.data && <DatasetActions dataset={query.data} />;
  return (
    <Page
      key={id}
      title={query.data?.name ?? words.title}
      lead={query.data && <Lead {...query.data} />}
      actions={actions}
    >
      <QueryView query={query}>{(dataset) => <DatasetView dataset={dataset} />}</QueryView>
    </Page>
  );
}

function Lead({ id, state, kind, format }: Dataset) {
  return (
    <>
      <DatasetBadge id={id} state={state} /> {texts.datasets.kinds[kind]}, {texts.datasets.formats[format]}
    </>
  );
}

function DatasetView({ dataset }: { dataset: Dataset }) {
  return (
    <Stack gap="lg">
      <Stage dataset={dataset} />
      <DatasetFacts dataset={dataset} />
    </Stack>
  );
}

function Stage({ dataset }: { dataset: Dataset }) {
  switch (dataset.state) {
    case 'created':
      return <UploadPanel dataset={dataset} />;
    case 'uploaded':
    case 'validating':
    case 'deleting':
      return <CheckPanel state={dataset.state} />;
    case 'rejected':
      return (
        <>
          <RefusedDataset dataset={dataset} />
          <Warnings warnings={dataset.warnings} />
        </>
      );
    case 'ready':
      return (
        <>
          <Warnings warnings={dataset.warnings} />
          <ReadyDataset dataset={dataset} />
          {dataset.errorCount > 0 && <RowErrorsPanel dataset={dataset} title={words.leftOut} />}
        </>
      );
  }
}

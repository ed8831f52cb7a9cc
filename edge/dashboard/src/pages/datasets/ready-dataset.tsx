// A dataset that is ready: its numbers, its pictures, and what a model will read of it.
import { Skeleton } from '@mantine/core';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { lazy, Suspense } from 'react';
import { DatasetItemFacts } from './dataset-item-facts.tsx';
import { DatasetPrompts } from './dataset-prompts.tsx';
import { DatasetTiles } from './dataset-tiles.tsx';

const DatasetPictures = lazy(() =>
  import('./dataset-pictures.tsx').then((module) => ({ default: module.DatasetPictures })),
);

export function ReadyDataset({ dataset }: { dataset: Dataset }) {
  return (
    <>
      <DatasetTiles dataset={dataset} />
      {(dataset.kind === 'interactions' || dataset.kind === 'samples') && (
        <Suspense fallback={<Skeleton height={280} />}>
          <DatasetPictures dataset={dataset} />
        </Suspense>
      )}
      {dataset.kind === 'item-facts' ? <DatasetItemFacts id={dataset.id} /> : <DatasetPrompts dataset={dataset} />}
    </>
  );
}

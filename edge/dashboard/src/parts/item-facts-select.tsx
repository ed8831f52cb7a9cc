// A field for a dataset of facts about items; without any there is none.
import { Select, type SelectProps } from '@mantine/core';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import { useReadyDatasets } from '../queries/ready-datasets.ts';
import { texts } from '../texts.ts';
import { datasetOption } from './dataset-option.ts';

const KINDS: readonly DatasetKind[] = ['item-facts'];

export function ItemFactsSelect(props: SelectProps) {
  const { items } = useReadyDatasets(KINDS);
  if (!items || items.length === 0) return null;
  return (
    <Select searchable clearable placeholder={texts.tuningForm.nothing} data={items.map(datasetOption)} {...props} />
  );
}

// What it is judged on, and what it learns from.
import { Alert, NumberInput, Select, SimpleGrid, Stack } from '@mantine/core';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { datasetOption } from '../../parts/dataset-option.ts';
import { ItemFactsSelect } from '../../parts/item-facts-select.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { Loading } from '../../parts/query-view.tsx';
import { useDatasetsForStage } from '../../queries/ready-datasets.ts';
import { texts } from '../../texts.ts';
import { described, type FieldsProps } from './subject-fields.tsx';

const words = texts.evaluationForm;
const SPLITS = ['test', 'valid', 'train', 'all'] as const;

export function DataFields({ form, asked }: FieldsProps) {
  const ready = useDatasetsForStage('rec');
  const instructions = useDatasetsForStage('alpaca');
  if (ready.error && !ready.items) return <ErrorAlert error={ready.error} onRetry={ready.retry} />;
  if (!ready.items) return <Loading />;
  const data = ready.items.map(datasetOption);
  const chosen = ready.items.find(({ id }) => id === form.values.dataset);
  return (
    <Stack gap="lg">
      {data.length === 0 && (
        <Alert color="yellow">
          {words.noDatasets} <LinkAnchor to="/datasets/new">{words.toDatasets}</LinkAnchor>
        </Alert>
      )}
      <Select {...described(words.dataset)} required searchable data={data} {...form.getInputProps('dataset')} />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {chosen?.kind === 'interactions' && (
          <Select
            {...described(words.split)}
            data={SPLITS.map((value) => ({ value, label: words.splits[value] }))}
            allowDeselect={false}
            {...form.getInputProps('split')}
          />
        )}
        <NumberInput {...described(words.limit)} min={1} allowDecimal={false} {...form.getInputProps('limit')} />
      </SimpleGrid>
      {asked.trainDataset && (
        <Select
          {...described(words[asked.trainDataset])}
          required={asked.trainDataset === 'learn'}
          searchable
          clearable
          placeholder={asked.trainDataset === 'learn' ? '' : words.nothing}
          data={data}
          {...form.getInputProps('trainDataset')}
        />
      )}
      {asked.trainDataset === 'learn' && (
        <Select
          {...described(words.validDataset)}
          searchable
          clearable
          placeholder={texts.tuningForm.byRule}
          data={data}
          {...form.getInputProps('validDataset')}
        />
      )}
      {asked.items && <ItemFactsSelect {...described(words.items)} {...form.getInputProps('items')} />}
      {asked.instructionsDataset && (
        <Select
          {...described(words.instructionsDataset)}
          required
          searchable
          data={(instructions.items ?? []).map(datasetOption)}
          {...form.getInputProps('instructionsDataset')}
        />
      )}
    </Stack>
  );
}

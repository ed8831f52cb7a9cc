// What a tuning needs to be told: the model, the data, how many examples, and under which seed.
import { Alert, NumberInput, Select, SimpleGrid, Stack, Switch, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { TEMPLATES } from '@tallrec/shared/prompt';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { useQuery } from '@tanstack/react-query';
import { formatNumber } from '../../parts/formats.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { adaptersQuery } from '../../queries/adapters.ts';
import { datasetsQuery } from '../../queries/datasets.ts';
import { modelsQuery } from '../../queries/models.ts';
import { texts } from '../../texts.ts';
import { STAGES, type TuningValues } from './tuning-form.ts';

const words = texts.tuningForm;
const settings = texts.settings;

interface FieldsProps {
  form: UseFormReturnType<TuningValues>;
}

const described = ({ label, hint }: { label: string; hint: string }) => ({ label, description: hint });

export function ChoiceFields({ form }: FieldsProps) {
  return (
    <Stack gap="lg">
      <Select
        {...described(settings.stage)}
        data={STAGES.map((value) => ({ value, label: settings.stages[value] }))}
        allowDeselect={false}
        {...form.getInputProps('stage')}
        onChange={(stage) => {
          form.setValues({ stage: stage as TuningValues['stage'], dataset: null, validDataset: null });
        }}
      />
      <ModelField form={form} />
      <DatasetFields form={form} />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberInput {...described(settings.shots)} min={1} allowDecimal={false} {...form.getInputProps('shots')} />
        <NumberInput {...described(settings.seed)} min={0} allowDecimal={false} {...form.getInputProps('seed')} />
      </SimpleGrid>
      <Select
        {...described(settings.template)}
        data={TEMPLATES.map((value) => ({ value, label: settings.templates[value] }))}
        allowDeselect={false}
        {...form.getInputProps('template')}
      />
      <TextInput {...described(settings.name)} maxLength={100} {...form.getInputProps('name')} />
    </Stack>
  );
}

function ModelField({ form }: FieldsProps) {
  const query = useQuery(modelsQuery);
  return (
    <QueryView query={query}>
      {({ items }) => {
        const names = [...new Set(items.map(({ name }) => name))];
        return (
          <Stack gap="sm">
            {names.length === 0 && <Alert color="yellow">{words.noModels}</Alert>}
            {names.length === 0 || form.values.wait ? (
              <TextInput
                {...described(settings.model)}
                required
                {...form.getInputProps('model')}
                value={form.values.model ?? ''}
              />
            ) : (
              <Select {...described(settings.model)} required data={names} {...form.getInputProps('model')} />
            )}
            <Switch {...described(settings.wait)} {...form.getInputProps('wait', { type: 'checkbox' })} />
          </Stack>
        );
      }}
    </QueryView>
  );
}

function DatasetFields({ form }: FieldsProps) {
  const query = useQuery(datasetsQuery);
  const adapters = useQuery(adaptersQuery);
  const { stage, model } = form.values;
  return (
    <QueryView query={query}>
      {({ items, nextCursor }) => {
        const data = items.filter((dataset) => isFor(dataset, stage)).map(optionOf);
        const more = nextCursor === null ? undefined : words.newestOnly(formatNumber(items.length));
        const starts = (adapters.data?.items ?? []).filter((adapter) => adapter.model === model);
        return (
          <Stack gap="lg">
            {data.length === 0 && <Alert color="yellow">{words.noDatasets}</Alert>}
            <Select
              {...described(settings.dataset)}
              {...(more ? { description: `${settings.dataset.hint} ${more}` } : {})}
              required
              searchable
              data={data}
              {...form.getInputProps('dataset')}
            />
            <Select
              {...described(settings.validDataset)}
              searchable
              clearable
              placeholder={words.byRule}
              data={data}
              {...form.getInputProps('validDataset')}
            />
            {starts.length > 0 && (
              <Select
                {...described(settings.initAdapter)}
                searchable
                clearable
                placeholder={words.nothing}
                data={starts.map(({ id, name }) => ({ value: id, label: `${name} (${id.slice(0, 8)})` }))}
                {...form.getInputProps('initAdapter')}
              />
            )}
          </Stack>
        );
      }}
    </QueryView>
  );
}

/** The stage says what kind of data it learns from. */
function isFor({ state, kind }: Dataset, stage: TuningValues['stage']): boolean {
  if (state !== 'ready') return false;
  return stage === 'alpaca' ? kind === 'instructions' : kind === 'samples' || kind === 'interactions';
}

function optionOf({ id, name, kind, stats }: Dataset) {
  const rows = stats ? `, ${words.rows(formatNumber(stats.rows))}` : '';
  return { value: id, label: `${name} (${kind}${rows})` };
}

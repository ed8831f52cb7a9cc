// What a tuning needs to be told: the model, the data, how many examples, and under which seed; of the last two, several.
import { Alert, Select, SimpleGrid, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { TEMPLATES } from '@tallrec/shared/prompt';
import { useQuery } from '@tanstack/react-query';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { datasetOption } from '../../parts/dataset-option.ts';
import { formatNumber } from '../../parts/formats.tsx';
import { ItemFactsSelect } from '../../parts/item-facts-select.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { useOnlyModel } from '../../parts/only-model.ts';
import { Loading, QueryView } from '../../parts/query-view.tsx';
import { adaptersQuery } from '../../queries/adapters.ts';
import { modelsQuery } from '../../queries/models.ts';
import type { ReadyDatasets } from '../../queries/ready-datasets.ts';
import { isolated } from '../../texts/isolated.ts';
import { texts } from '../../texts.ts';
import { ALL_SHOTS, STAGES, type TuningValues, tuningErrors } from './tuning-form.ts';

const words = texts.tuningForm;
const settings = texts.settings;

/** Those of the paper. */
const USUAL_SHOTS = ['16', '64', '256', ALL_SHOTS];
const USUAL_SEEDS = ['0', '1', '2'];

interface FieldsProps {
  form: UseFormReturnType<TuningValues>;
}

interface ChoiceFieldsProps extends FieldsProps {
  datasets: ReadyDatasets;
  /** How many tunings these make. */
  count: number;
}

const described = ({ label, hint }: { label: string; hint: string }) => ({ label, description: hint });

export function ChoiceFields({ form, datasets, count }: ChoiceFieldsProps) {
  return (
    <Stack gap="lg">
      <Select
        {...described(settings.stage)}
        data={STAGES.map((value) => ({ value, label: settings.stages[value] }))}
        allowDeselect={false}
        {...form.getInputProps('stage')}
        onChange={(stage) => {
          form.setValues({ stage: stage as TuningValues['stage'], dataset: null, validDataset: null, items: null });
        }}
      />
      <DatasetFields form={form} datasets={datasets} />
      {form.values.stage === 'rec' && (
        <ItemFactsSelect {...described(settings.items)} {...form.getInputProps('items')} />
      )}
      <ModelFields form={form} />
      <Stack gap="xs">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <SeveralNumbers form={form} field="shots" usual={USUAL_SHOTS} />
          <SeveralNumbers form={form} field="seeds" usual={USUAL_SEEDS} />
        </SimpleGrid>
        {count > 1 && <Text size="sm">{words.sweep(formatNumber(count))}</Text>}
      </Stack>
      <Select
        {...described(settings.template)}
        placeholder={texts.common.ownTemplate}
        clearable
        data={TEMPLATES.map((value) => ({ value, label: settings.templates[value] }))}
        {...form.getInputProps('template')}
      />
      <TextInput {...described(settings.name)} maxLength={100} {...form.getInputProps('name')} />
    </Stack>
  );
}

interface SeveralNumbersProps extends FieldsProps {
  field: 'shots' | 'seeds';
  usual: string[];
}

function SeveralNumbers({ form, field, usual }: SeveralNumbersProps) {
  return (
    <TagsInput
      {...described(settings[field])}
      data={usual}
      splitChars={[',', ' ', ';']}
      // The list of what is usual opens under the field, and would hide what is wrong with it.
      comboboxProps={{ position: 'bottom', middlewares: { flip: false, shift: false } }}
      inputWrapperOrder={['label', 'description', 'error', 'input']}
      {...form.getInputProps(field)}
      onChange={(values) => {
        form.setFieldValue(field, values);
        const problem = tuningErrors({ ...form.values, [field]: values })[field];
        if (problem === undefined) form.clearFieldError(field);
        else form.setFieldError(field, problem);
      }}
    />
  );
}

function ModelFields({ form }: FieldsProps) {
  const query = useQuery(modelsQuery);
  useOnlyModel(form.values.model, (model) => form.setFieldValue('model', model));
  return (
    <QueryView query={query}>
      {({ items }) => {
        const names = [...new Set(items.map(({ name }) => name))];
        return (
          <Stack gap="lg">
            {names.length === 0 && <Alert color="yellow">{words.noModels}</Alert>}
            {names.length === 0 || form.values.wait ? (
              <TextInput
                {...described(settings.model)}
                required
                {...form.getInputProps('model')}
                value={form.values.model ?? ''}
              />
            ) : (
              <Select
                {...described(settings.model)}
                required
                allowDeselect={false}
                data={names}
                {...form.getInputProps('model')}
              />
            )}
            <StartField form={form} />
            {names.length === 0 && <WaitSwitch form={form} />}
          </Stack>
        );
      }}
    </QueryView>
  );
}

export function WaitSwitch({ form }: FieldsProps) {
  return <Switch {...described(settings.wait)} {...form.getInputProps('wait', { type: 'checkbox' })} />;
}

/** The adapters of the model that was chosen, where there are any. */
function StartField({ form }: FieldsProps) {
  const { data } = useQuery(adaptersQuery);
  const starts = (data?.items ?? []).filter((adapter) => adapter.model === form.values.model);
  if (starts.length === 0) return null;
  return (
    <Select
      {...described(settings.initAdapter)}
      searchable
      clearable
      placeholder={words.nothing}
      data={starts.map(({ id, name }) => ({ value: id, label: `${isolated(name)} (${id.slice(0, 8)})` }))}
      {...form.getInputProps('initAdapter')}
    />
  );
}

function DatasetFields({ form, datasets: { items, more, error, retry } }: Omit<ChoiceFieldsProps, 'count'>) {
  if (error && !items) return <ErrorAlert error={error} onRetry={retry} />;
  if (!items) return <Loading />;
  const data = items.map(datasetOption);
  const hint = more
    ? `${settings.dataset.hint} ${words.newestOnly(formatNumber(items.length))}`
    : settings.dataset.hint;
  return (
    <Stack gap="lg">
      {data.length === 0 && (
        <Alert color="yellow">
          {words.noDatasets} <LinkAnchor to="/datasets">{words.toDatasets}</LinkAnchor>
        </Alert>
      )}
      <Select
        label={settings.dataset.label}
        description={hint}
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
    </Stack>
  );
}

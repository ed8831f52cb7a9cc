// The fields of a new batch scoring.
import { Alert, NumberInput, Select, SimpleGrid, Skeleton, Stack, Switch, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { TEMPLATES } from '@tallrec/shared/prompt';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import { useQuery } from '@tanstack/react-query';
import { adapterOptions, findByRef } from '../../parts/adapter-options.ts';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { datasetOption } from '../../parts/dataset-option.ts';
import { formatNumber } from '../../parts/formats.tsx';
import { ItemFactsSelect } from '../../parts/item-facts-select.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { useOnlyModel } from '../../parts/only-model.ts';
import { adaptersQuery } from '../../queries/adapters.ts';
import { modelsQuery } from '../../queries/models.ts';
import { useReadyDatasets } from '../../queries/ready-datasets.ts';
import { texts } from '../../texts.ts';
import { CATALOGUE_KINDS, ROW_KINDS, type ScoringValues, withDataset } from './scoring-form.ts';

const words = texts.scorings.form;
const templates = texts.settings.templates;

interface FieldsProps {
  form: UseFormReturnType<ScoringValues>;
}

export function DataFields({ form }: FieldsProps) {
  const { task } = form.values;
  return (
    <>
      <Select
        label={words.task}
        data={(['score', 'rank'] as const).map((value) => ({ value, label: words.tasks[value] }))}
        allowDeselect={false}
        {...form.getInputProps('task')}
      />
      <DatasetField
        form={form}
        field="dataset"
        kinds={ROW_KINDS[task]}
        label={words.dataset}
        hint={words.datasetHints[task]}
        onChoose={(id) => form.setValues(withDataset(form.values, id))}
      />
      {task === 'rank' && (
        <>
          <DatasetField
            form={form}
            field="catalogue"
            kinds={CATALOGUE_KINDS}
            label={words.catalogue}
            hint={words.catalogueHint}
            onChoose={(id) => form.setFieldValue('catalogue', id)}
          />
          <NumberInput
            label={words.top}
            description={words.topHint}
            min={1}
            allowDecimal={false}
            {...form.getInputProps('top')}
          />
        </>
      )}
    </>
  );
}

interface DatasetFieldProps extends FieldsProps {
  field: 'dataset' | 'catalogue';
  kinds: readonly DatasetKind[];
  label: string;
  hint: string;
  onChoose: (id: string | null) => void;
}

function DatasetField({ form, field, kinds, label, hint, onChoose }: DatasetFieldProps) {
  const { items, more, error, retry } = useReadyDatasets(kinds);
  if (error && !items) return <ErrorAlert error={error} onRetry={retry} />;
  if (!items) return <Skeleton height={70} />;
  return (
    <Stack gap="xs">
      {items.length === 0 && (
        <Alert color="yellow">
          {words.noDatasets} <LinkAnchor to="/datasets/new">{words.toDatasets}</LinkAnchor>
        </Alert>
      )}
      <Select
        label={label}
        description={more ? `${hint} ${words.newestOnly(formatNumber(items.length))}` : hint}
        required
        searchable
        data={items.map(datasetOption)}
        {...form.getInputProps(field)}
        onChange={onChoose}
      />
    </Stack>
  );
}

export function ScorerFields({ form }: FieldsProps) {
  const models = useQuery(modelsQuery);
  const adapters = useQuery(adaptersQuery);
  const names = [...new Set(models.data?.items.map(({ name }) => name))];
  const { model, adapter, wait } = form.values;
  useOnlyModel(model, (name) => form.setFieldValue('model', name));
  const known = adapters.data?.items ?? [];
  const choose = (ref: string | null) => {
    const chosen = findByRef(known, ref);
    form.setValues(chosen ? { adapter: ref, model: chosen.model } : { adapter: ref });
  };
  const typed = wait || (models.isSuccess && names.length === 0);
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      {typed ? (
        <TextInput
          label={words.model}
          description={words.modelHint}
          required
          {...form.getInputProps('model')}
          value={model ?? ''}
        />
      ) : (
        <Select
          label={words.model}
          description={words.modelHint}
          required
          allowDeselect={false}
          data={names}
          {...form.getInputProps('model')}
          onChange={(name) => {
            const stays = findByRef(known, adapter)?.model === name;
            form.setValues({ model: name, ...(stays ? {} : { adapter: null }) });
          }}
        />
      )}
      <Select
        label={words.adapter}
        description={words.adapterHint}
        placeholder={texts.scorings.baseModel}
        searchable
        clearable
        data={adapterOptions(known, model, adapter)}
        {...form.getInputProps('adapter')}
        onChange={choose}
      />
      {adapter !== null && (
        <ItemFactsSelect label={words.items} description={words.itemsHint} {...form.getInputProps('items')} />
      )}
    </SimpleGrid>
  );
}

export function MoreFields({ form }: FieldsProps) {
  return (
    <Stack gap="lg">
      <TextInput label={words.name} description={words.nameHint} maxLength={100} {...form.getInputProps('name')} />
      <Select
        label={words.template}
        description={words.templateHint}
        placeholder={texts.common.ownTemplate}
        clearable
        data={TEMPLATES.map((value) => ({ value, label: templates[value] }))}
        {...form.getInputProps('template')}
      />
      <NumberInput
        label={words.priority}
        description={words.priorityHint}
        min={-10}
        max={10}
        allowDecimal={false}
        {...form.getInputProps('priority')}
      />
      <Switch label={words.wait} description={words.waitHint} {...form.getInputProps('wait', { type: 'checkbox' })} />
    </Stack>
  );
}

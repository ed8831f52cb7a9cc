// The fields of a new batch scoring.
import { Alert, NumberInput, Select, SimpleGrid, Stack, Switch, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { TEMPLATES } from '@tallrec/shared/prompt';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { useQuery } from '@tanstack/react-query';
import { adapterOptions, findByRef } from '../../parts/adapter-options.ts';
import { formatNumber } from '../../parts/formats.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { adaptersQuery } from '../../queries/adapters.ts';
import { datasetsQuery } from '../../queries/datasets.ts';
import { modelsQuery } from '../../queries/models.ts';
import { texts } from '../../texts.ts';
import { isCatalogue, isForTask, type ScoringValues } from './scoring-form.ts';

const words = texts.scorings.form;
const templates = texts.settings.templates;

interface FieldsProps {
  form: UseFormReturnType<ScoringValues>;
}

export function DataFields({ form }: FieldsProps) {
  const query = useQuery(datasetsQuery);
  const { task } = form.values;
  return (
    <>
      <Select
        label={words.task}
        data={(['score', 'rank'] as const).map((value) => ({ value, label: words.tasks[value] }))}
        allowDeselect={false}
        {...form.getInputProps('task')}
      />
      <QueryView query={query}>
        {({ items, nextCursor }) => {
          const rows = items.filter((dataset) => isForTask(dataset, task));
          const catalogues = items.filter(isCatalogue);
          const more = nextCursor === null ? '' : ` ${words.newestOnly(formatNumber(items.length))}`;
          return (
            <Stack gap="lg">
              {rows.length === 0 && <Alert color="yellow">{words.noDatasets}</Alert>}
              <Select
                label={words.dataset}
                description={`${words.datasetHints[task]}${more}`}
                required
                searchable
                data={rows.map(optionOf)}
                {...form.getInputProps('dataset')}
              />
              {task === 'rank' && (
                <>
                  {catalogues.length === 0 && <Alert color="yellow">{words.noCatalogues}</Alert>}
                  <SimpleGrid cols={{ base: 1, sm: 2 }}>
                    <Select
                      label={words.catalogue}
                      description={words.catalogueHint}
                      required
                      searchable
                      data={catalogues.map(optionOf)}
                      {...form.getInputProps('catalogue')}
                    />
                    <NumberInput
                      label={words.top}
                      description={words.topHint}
                      min={1}
                      allowDecimal={false}
                      {...form.getInputProps('top')}
                    />
                  </SimpleGrid>
                </>
              )}
            </Stack>
          );
        }}
      </QueryView>
    </>
  );
}

function optionOf({ id, name, kind, stats }: Dataset) {
  const rows = stats ? `, ${texts.tuningForm.rows(formatNumber(stats.rows))}` : '';
  return { value: id, label: `${name} (${kind}${rows})` };
}

export function ScorerFields({ form }: FieldsProps) {
  const models = useQuery(modelsQuery);
  const adapters = useQuery(adaptersQuery);
  const names = [...new Set(models.data?.items.map(({ name }) => name))];
  const { model, adapter, wait } = form.values;
  const known = adapters.data?.items ?? [];
  const choose = (ref: string | null) => {
    const chosen = findByRef(known, ref);
    form.setValues(chosen ? { adapter: ref, model: chosen.model, template: chosen.template } : { adapter: ref });
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
        data={TEMPLATES.map((value) => ({ value, label: templates[value] }))}
        allowDeselect={false}
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

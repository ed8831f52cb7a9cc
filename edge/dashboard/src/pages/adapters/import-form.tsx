// Importing an adapter that was tuned elsewhere: its files, what it is called, and the model that it belongs to.
import { Autocomplete, Button, Group, Progress, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { TEMPLATES, type Template } from '@tallrec/shared/prompt';
import { STAGES, type Stage } from '@tallrec/shared/tuning';
import { importAdapterSchema } from '@tallrec/shared/wire/adapters';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { refusedFields } from '../../api.ts';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { fieldErrors, filled } from '../../parts/field-errors.ts';
import { formatBytes } from '../../parts/formats.tsx';
import { useImportAdapter } from '../../queries/adapters.ts';
import { modelsQuery } from '../../queries/models.ts';
import { texts } from '../../texts.ts';
import type { ImportProgress } from '../../transfers/import-adapter.ts';
import { EMPTY_FILES, FilesField, type ReadFiles } from './files-field.tsx';

const words = texts.adapters.import;
const settings = texts.settings;
const fieldsSchema = importAdapterSchema.omit({
  configSha256: true,
  weightsSha256: true,
  blend: true,
  modelHash: true,
});

interface ImportValues {
  files: ReadFiles;
  name: string;
  model: string;
  template: Template;
  stage: Stage;
}

function fieldsOf({ name, model, template, stage }: ImportValues) {
  return { name: name.trim(), model: model.trim(), template, stage };
}

export function ImportForm({ onCancel }: { onCancel: () => void }) {
  const navigate = useNavigate();
  const models = useQuery(modelsQuery);
  const importing = useImportAdapter();
  const [progress, setProgress] = useState<ImportProgress | null>(null);
  const form = useForm<ImportValues>({
    initialValues: { files: EMPTY_FILES, name: '', model: '', template: 'clean', stage: 'rec' },
    validate: (values) => ({
      ...fieldErrors(fieldsSchema, filled(fieldsOf(values))),
      ...(values.files.ready ? {} : { files: values.files.problem ?? words.problems.missing }),
    }),
  });
  const submit = form.onSubmit((values) => {
    const { ready } = values.files;
    if (!ready) return;
    importing.mutate(
      { ...ready, provenance: values.files.provenance, fields: fieldsOf(values), onProgress: setProgress },
      {
        onSuccess: ({ id }) => navigate({ to: '/adapters/$id', params: { id } }),
        onError: (error) => form.setErrors(refusedFields(error)),
      },
    );
  });
  const names = [...new Set(models.data?.items.map(({ name }) => name))];
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FilesField
          value={form.values.files}
          error={form.errors.files}
          disabled={importing.isPending}
          onChange={(files) => {
            form.setFieldValue('files', files);
            // What the report says need not be known by heart.
            const { provenance } = files;
            if (provenance) {
              const { stage, template, base } = provenance;
              form.setValues((before) => ({ stage, template, model: before.model || base.name }));
            }
            form.clearFieldError('files');
          }}
        />
        <TextInput label={words.name} description={words.nameHint} required {...form.getInputProps('name')} />
        <Autocomplete
          label={words.model}
          description={words.modelHint}
          required
          data={names}
          {...form.getInputProps('model')}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Select
            label={settings.template.label}
            data={TEMPLATES.map((value) => ({ value, label: settings.templates[value] }))}
            allowDeselect={false}
            {...form.getInputProps('template')}
          />
          <Select
            label={settings.stage.label}
            data={STAGES.map((value) => ({ value, label: settings.stages[value] }))}
            allowDeselect={false}
            {...form.getInputProps('stage')}
          />
        </SimpleGrid>
        {importing.isPending && progress && <ImportBar {...progress} />}
        {importing.error && <ErrorAlert error={importing.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {texts.common.cancel}
          </Button>
          <Button type="submit" loading={importing.isPending}>
            {words.submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function ImportBar({ doing, bytes, of }: ImportProgress) {
  return (
    <Stack gap={4} role="status">
      <Text size="sm">{words.doing[doing](formatBytes(bytes), formatBytes(of))}</Text>
      <Progress value={(100 * bytes) / of} animated={doing === 'importing'} aria-label={words.title} />
    </Stack>
  );
}

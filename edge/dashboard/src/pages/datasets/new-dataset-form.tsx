// A chosen file: what is in it, what is made of it, and its way to the service.
import { Alert, Button, Group, Paper, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { DATASET_KINDS, type DatasetFormat } from '@tallrec/shared/wire/datasets';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useEffect, useMemo, useRef } from 'react';
import { refusedFields } from '../../api.ts';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { ChooseButton } from '../../parts/choose-button.tsx';
import { formatBytes, formatShare } from '../../parts/formats.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { useCreateDataset, useStartTransfer } from '../../queries/dataset-changes.ts';
import { texts } from '../../texts.ts';
import { FileFault, requireReadable, unreadable } from '../../transfers/file-fault.ts';
import { whilePreparing } from '../../transfers/transfers.ts';
import { useFileDigest } from '../../transfers/use-file-digest.ts';
import { type Beginning, beginningOf, columnsOf, lookAt, readBeginning } from './beginning.ts';
import { BeginningTable } from './beginning-table.tsx';
import { BeginningVerdict } from './beginning-verdict.tsx';
import { ColumnFields } from './column-fields.tsx';
import {
  type DatasetValues,
  datasetErrors,
  initialValues,
  requestOf,
  shownErrors,
  validSampling,
} from './dataset-form.ts';
import { ExampleFields } from './example-fields.tsx';

const words = texts.datasetForm;

interface NewDatasetFormProps {
  file: File;
  onFile: (file: File | null) => void;
}

export function NewDatasetForm({ file, onFile }: NewDatasetFormProps) {
  const query = useQuery({
    queryKey: ['beginning', file.name, file.size, file.lastModified],
    queryFn: () => beginningOf(file).catch((cause) => Promise.reject(unreadable(cause))),
    networkMode: 'always',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  return (
    <Stack gap="lg">
      <ChosenFile file={file} onFile={onFile} />
      {query.error ? (
        <FileGone error={query.error} onFile={onFile} />
      ) : (
        <QueryView query={query}>
          {(beginning) => {
            const { fault } = lookAt(beginning);
            if (!fault) return <BeginningForm file={file} beginning={beginning} onFile={onFile} />;
            return (
              <Alert color="red" title={words.nothing}>
                {`${fault.problem} ${fault.fix}`}
              </Alert>
            );
          }}
        </QueryView>
      )}
    </Stack>
  );
}

/** It was changed or moved since it was chosen, and only choosing it again helps. */
function FileGone({ error, onFile }: { error: Error; onFile: (file: File) => void }) {
  return (
    <Stack gap="xs" align="flex-start">
      <ErrorAlert error={error} />
      <ChooseButton onFile={onFile}>{words.again}</ChooseButton>
    </Stack>
  );
}

function BeginningForm({ file, beginning, onFile }: NewDatasetFormProps & { beginning: Beginning }) {
  const look = useMemo(() => lookAt(beginning), [beginning]);
  const element = useRef<HTMLFormElement>(null);
  const form = useForm<DatasetValues>({
    initialValues: initialValues(file.name, look, beginning),
    validate: (values) => datasetErrors(values, look, file.size),
    validateInputOnBlur: true,
  });
  const { kind, columns, badRows } = form.values;
  const named = useDeferredValue(columns);
  const reading = useMemo(
    () => readBeginning(beginning, { kind, format: look.format, named }),
    [beginning, kind, look.format, named],
  );
  const known = columnsOf(look.header, kind, columns);
  // Where nothing can be read, the errors say why.
  const lacking = look.rows.length > 0 ? (known?.missing ?? []) : [];
  const outlook = lacking.length === 0 ? reading.outlook[badRows] : 'taken';
  const sampling = validSampling(useDeferredValue(form.values));
  const { upload, readBytes } = useUpload(file, look.format);
  const navigate = useNavigate();

  const show = () =>
    requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  const submit = form.onSubmit((values) => {
    // Who has gone to another page meanwhile stays there.
    upload.mutate(values, {
      onSuccess: ({ id }) => navigate({ to: '/datasets/$id', params: { id } }),
      onError: (error) => {
        form.setErrors(shownErrors(refusedFields(error)));
        show();
      },
    });
  }, show);

  return (
    <form ref={element} onSubmit={submit} noValidate>
      <Stack gap="lg">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput label={words.name.label} description={words.name.hint} required {...form.getInputProps('name')} />
          <Select
            label={words.kind.label}
            description={words.kind.hint}
            data={DATASET_KINDS.map((value) => ({ value, label: texts.datasets.kinds[value] }))}
            allowDeselect={false}
            {...form.getInputProps('kind')}
          />
        </SimpleGrid>
        {look.rows.length > 0 && (
          <Panel title={known ? words.columns.title : words.columns.table}>
            <Stack>
              {known && <ColumnFields form={form} look={look} />}
              <BeginningTable
                look={look}
                names={known?.names ?? null}
                errors={lacking.length > 0 ? [] : reading.errors}
              />
            </Stack>
          </Panel>
        )}
        <BeginningVerdict
          reading={reading}
          beginning={beginning}
          kind={kind}
          sampling={sampling}
          lacking={lacking.map((column) => texts.datasets.columnNames[column])}
          doubts={known?.doubts ?? []}
          badRows={badRows}
          onBadRows={(choice) => form.setFieldValue('badRows', choice)}
        />
        {reading.rows.length > 0 && <ExampleFields form={form} reading={reading} sampling={sampling} />}
        {upload.error &&
          (upload.error instanceof FileFault ? (
            <FileGone error={upload.error} onFile={onFile} />
          ) : (
            <ErrorAlert error={upload.error} />
          ))}
        <Group>
          <Button
            type="submit"
            size="md"
            loading={upload.isPending}
            disabled={outlook === 'refused'}
            variant={outlook === 'taken' ? 'filled' : 'default'}
          >
            {outlook === 'unsure' ? words.submitAnyway : words.submit}
          </Button>
          <LinkButton to="/datasets" size="md" variant="default">
            {texts.common.cancel}
          </LinkButton>
          {outlook === 'refused' && (
            <Text size="sm" c="dimmed">
              {words.refused}
            </Text>
          )}
          {upload.isPending && readBytes < file.size && (
            <Text size="sm" c="dimmed" role="status">
              {words.hashing(formatShare(readBytes / file.size))}
            </Text>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function ChosenFile({ file, onFile }: NewDatasetFormProps) {
  const name = useRef<HTMLParagraphElement>(null);
  // What had the focus is gone: the button by which it was chosen.
  useEffect(() => name.current?.focus(), []);
  return (
    <Paper withBorder px="md" py="sm">
      <Group justify="space-between">
        <Text ref={name} tabIndex={-1} fw={600} style={{ overflowWrap: 'anywhere', outline: 'none' }}>
          {file.name}{' '}
          <Text span c="dimmed" fw={400}>
            {formatBytes(file.size)}
          </Text>
        </Text>
        <Button variant="default" size="xs" onClick={() => onFile(null)}>
          {words.another}
        </Button>
      </Group>
    </Paper>
  );
}

/** A small file is in before anyone has seen that it was on its way. */
const AT_ONCE_MS = 1500;

function useUpload(file: File, format: DatasetFormat) {
  const { readBytes, digest: digested } = useFileDigest(file);
  const create = useCreateDataset();
  const start = useStartTransfer();
  const upload = useMutation({
    mutationFn: async (values: DatasetValues) => {
      const { dataset, digest } = await whilePreparing(async () => {
        const digest = await digested();
        // It may have changed since it was hashed: then nothing is made of it.
        await requireReadable(file);
        const body = requestOf(values, { format, bytes: file.size, sha256: digest.sha256 });
        const { dataset } = await create.mutateAsync({ body, idempotencyKey: crypto.randomUUID() });
        return { dataset, digest };
      });
      const done = start(dataset.id, { file, digest });
      await Promise.race([done, new Promise((resolve) => setTimeout(resolve, AT_ONCE_MS))]);
      return dataset;
    },
  });
  return { upload, readBytes };
}

// A dataset that was refused: why, row by row, and what to do about it.
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { downloadFile } from '../../parts/download-file.ts';
import { formatNumber } from '../../parts/formats.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { useValidateDataset } from '../../queries/dataset-changes.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import { RowErrorsTable } from './row-errors-table.tsx';

const { refused: words, verbs } = texts.datasetDetail;

export function RefusedDataset({ dataset }: { dataset: Dataset }) {
  const { id, errorCount, rowErrors } = dataset;
  const mayWrite = useMay('datasets:write');
  const count = words.errors(formatNumber(errorCount), errorCount === 1);
  return (
    <>
      <Alert color="red" title={words.title(count)}>
        <Stack gap="sm">
          <Text size="sm">{words.body}</Text>
          {mayWrite && <Ways id={id} />}
        </Stack>
      </Alert>
      <Panel title={words.table}>
        <Stack gap="sm">
          {rowErrors.length < errorCount && (
            <Text size="sm" c="dimmed">
              {words.shown(formatNumber(rowErrors.length), formatNumber(errorCount))}
            </Text>
          )}
          <RowErrorsTable errors={rowErrors} />
          <Group>
            <Button size="xs" variant="default" onClick={() => save(dataset)}>
              {words.csv}
            </Button>
          </Group>
        </Stack>
      </Panel>
    </>
  );
}

function Ways({ id }: { id: string }) {
  const validate = useValidateDataset(id);
  return (
    <>
      <Group>
        <LinkButton size="xs" to="/datasets/new">
          {verbs.another}
        </LinkButton>
        <Button size="xs" variant="default" loading={validate.isPending} onClick={() => validate.mutate()}>
          {verbs.validate}
        </Button>
      </Group>
      {validate.error && <ErrorAlert error={validate.error} />}
    </>
  );
}

async function save({ name, rowErrors }: Dataset): Promise<void> {
  const { tableCsv } = await import('../../parts/table-csv.ts');
  downloadFile(`${name}-errors.csv`, tableCsv({ columns: words.columns, rows: rowErrors }));
}

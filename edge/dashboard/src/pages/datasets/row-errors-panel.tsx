// The first of the errors that were found in a dataset's file, to be read here or saved.
import { Button, Group, Stack, Text } from '@mantine/core';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { downloadFile } from '../../parts/download-file.ts';
import { formatNumber } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { texts } from '../../texts.ts';
import { RowErrorsTable } from './row-errors-table.tsx';

const words = texts.datasetDetail.refused;

export function RowErrorsPanel({ dataset, title }: { dataset: Dataset; title: string }) {
  const { errorCount, rowErrors } = dataset;
  return (
    <Panel title={title}>
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
  );
}

async function save({ name, rowErrors }: Dataset): Promise<void> {
  const { tableCsv } = await import('../../parts/table-csv.ts');
  downloadFile(`${name}-errors.csv`, tableCsv({ columns: words.columns, rows: rowErrors }));
}

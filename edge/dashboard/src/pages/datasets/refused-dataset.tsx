// A dataset that was refused: why, row by row, and what to do about it.
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { formatNumber } from '../../parts/formats.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { useValidateDataset } from '../../queries/dataset-changes.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import { RowErrorsPanel } from './row-errors-panel.tsx';

const { refused: words, verbs } = texts.datasetDetail;

/** Whether the rows that can be used would be taken without the others. */
function canLeaveOut({ badRows, stats }: Dataset): boolean {
  const unusable = stats?.unusable ?? null;
  return badRows === 'refuse' && unusable !== null && unusable <= stats!.rows;
}

export function RefusedDataset({ dataset }: { dataset: Dataset }) {
  const { errorCount, stats } = dataset;
  const mayWrite = useMay('datasets:write');
  const count = words.errors(formatNumber(errorCount), errorCount === 1);
  const unusable = stats?.unusable ?? null;
  const leaveOut = canLeaveOut(dataset);
  return (
    <>
      <Alert color="red" title={words.title(count)}>
        <Stack gap="sm">
          {unusable !== null && (
            <Text size="sm">{words.rows(formatNumber(unusable), formatNumber(stats!.rows + unusable))}</Text>
          )}
          <Text size="sm">{leaveOut ? words.bodyLeaveOut : words.body}</Text>
          {mayWrite && <Ways id={dataset.id} leaveOut={leaveOut} />}
        </Stack>
      </Alert>
      <RowErrorsPanel dataset={dataset} title={words.table} />
    </>
  );
}

function Ways({ id, leaveOut }: { id: string; leaveOut: boolean }) {
  const validate = useValidateDataset(id);
  return (
    <>
      <Group>
        {leaveOut && (
          <Button size="xs" loading={validate.isPending} onClick={() => validate.mutate({ badRows: 'leave-out' })}>
            {texts.datasets.leaveOut}
          </Button>
        )}
        <LinkButton size="xs" to="/datasets/new" variant={leaveOut ? 'default' : 'filled'}>
          {verbs.another}
        </LinkButton>
        <Button size="xs" variant="default" disabled={validate.isPending} onClick={() => validate.mutate({})}>
          {verbs.validate}
        </Button>
      </Group>
      {validate.error && <ErrorAlert error={validate.error} />}
    </>
  );
}

// A dataset whose bytes have not all arrived: being sent from this page, or broken off and to be gone on with.
import { Alert, Button, Group, Progress, Stack, Text } from '@mantine/core';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { formatBytes, formatNumber, formatSpan } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import type { ShownTransfer, TransferView } from '../../transfers/transfer.ts';
import { useFileFault, useTransfer, useTransferView } from '../../transfers/transfers.ts';
import { GoOnWithUpload } from './go-on-with-upload.tsx';

const { upload: words, verbs } = texts.datasetDetail;

export function UploadPanel({ dataset }: { dataset: Dataset }) {
  const transfer = useTransfer(dataset.id);
  const mayWrite = useMay('datasets:write');
  const fault = useFileFault(transfer);
  if (transfer && !fault) return <Sending transfer={transfer} />;
  if (!mayWrite) return <Alert color="gray">{words.waiting}</Alert>;
  // Trying again helps with all but the file.
  return <GoOnWithUpload dataset={dataset} fault={fault} />;
}

function Sending({ transfer }: { transfer: ShownTransfer }) {
  const view = useTransferView(transfer);
  const { phase, bytes, sentBytes, error } = view;
  return (
    <Panel title={words.title}>
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Text size="sm" fw={500} role="status">
            {words.phases[phase]}
          </Text>
          <Text size="sm" c="dimmed">
            {paceOf(view)}
          </Text>
        </Group>
        <Progress
          value={(100 * sentBytes) / bytes}
          size="lg"
          animated={phase === 'sending'}
          color={phase === 'failed' ? 'red' : 'blue'}
          aria-label={words.progress}
        />
        <Group justify="space-between" gap="xs">
          <Text size="sm">{words.sent(formatBytes(sentBytes), formatBytes(bytes))}</Text>
          <Text size="sm" c="dimmed">
            {partsOf(view)}
          </Text>
        </Group>
        {error && <ErrorAlert error={error} />}
        <Group>
          {phase === 'sending' && (
            <Button variant="default" onClick={() => transfer.pause()}>
              {verbs.pause}
            </Button>
          )}
          {(phase === 'paused' || phase === 'failed') && (
            <Button onClick={() => transfer.start()}>{phase === 'paused' ? verbs.resume : verbs.retry}</Button>
          )}
          {phase !== 'failed' && (
            <Text size="sm" c="dimmed" flex={1} miw={200}>
              {words.stay}
            </Text>
          )}
        </Group>
      </Stack>
    </Panel>
  );
}

function paceOf({ phase, bytes, sentBytes, bytesPerSecond }: TransferView): string {
  if (phase !== 'sending' || bytesPerSecond === null) return '';
  const left = formatSpan(((bytes - sentBytes) * 1000) / bytesPerSecond);
  return `${words.rate(formatBytes(bytesPerSecond))}, ${words.eta(left)}`;
}

/** Of one that goes in one piece there is nothing to tell. */
function partsOf({ parts }: TransferView): string {
  return parts && parts.total > 1 ? words.parts(formatNumber(parts.received), formatNumber(parts.total)) : '';
}

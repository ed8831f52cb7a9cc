// An upload that was broken off: the same file is chosen again, compared with what was announced, and what is lacking of it is sent; one
// that has changed is uploaded as a new one.
import { Alert, Button, Group, Progress, Stack, Text } from '@mantine/core';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { Upload } from '@tallrec/shared/wire/uploads';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { ChooseButton } from '../../parts/choose-button.tsx';
import { formatBytes, formatNumber } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { useCompleteDataset, useDeleteDataset, useStartTransfer } from '../../queries/dataset-changes.ts';
import { datasetUploadQuery } from '../../queries/datasets.ts';
import { texts } from '../../texts.ts';
import { chooseFile } from '../../transfers/chosen-file.ts';
import { digestFile } from '../../transfers/digest-file.ts';
import type { FileFault } from '../../transfers/file-fault.ts';
import type { TransferSource } from '../../transfers/transfer.ts';

const { upload: words, verbs } = texts.datasetDetail;

interface GoOnWithUploadProps {
  dataset: Dataset;
  /** Why it cannot be gone on with by the file that this page has. */
  fault?: FileFault | undefined;
}

export function GoOnWithUpload({ dataset, fault }: GoOnWithUploadProps) {
  const query = useQuery(datasetUploadQuery(dataset.id));
  const begun = query.data && receivedOf(query.data).some(Boolean);
  return (
    <Panel title={begun === false ? words.notBegun : words.brokenOff}>
      <Stack gap="sm">
        {fault && <ErrorAlert error={fault} title={words.fileGone} />}
        <QueryView query={query}>
          {(upload) =>
            isWhole(upload) ? <EndUpload id={dataset.id} /> : <SameFile dataset={dataset} upload={upload} />
          }
        </QueryView>
      </Stack>
    </Panel>
  );
}

const receivedOf = (upload: Upload) =>
  upload.mode === 'single' ? [upload.received] : upload.parts.map(({ received }) => received);
const isWhole = (upload: Upload) => receivedOf(upload).every(Boolean);

function EndUpload({ id }: { id: string }) {
  const complete = useCompleteDataset(id);
  return (
    <Stack align="flex-start">
      <Text size="sm">{words.allArrived}</Text>
      {complete.error && <ErrorAlert error={complete.error} />}
      <Button loading={complete.isPending} onClick={() => complete.mutate()}>
        {verbs.complete}
      </Button>
    </Stack>
  );
}

function SameFile({ dataset, upload }: { dataset: Dataset; upload: Upload }) {
  const { id, bytes } = dataset;
  const [readBytes, setReadBytes] = useState(0);
  const start = useStartTransfer();
  const compare = useMutation({
    mutationFn: (file: File) => sourceOf(file, dataset, setReadBytes),
    onSuccess: (source) => start(id, source),
  });
  const received = receivedOf(upload);
  const arrived = received.filter(Boolean).length;
  return (
    <Stack align="flex-start" gap="sm">
      {arrived > 0 && (
        <Text size="sm" fw={500}>
          {words.parts(formatNumber(arrived), formatNumber(received.length))}.
        </Text>
      )}
      <Text size="sm">{(arrived > 0 ? words.goOn : words.begin)(formatBytes(bytes))}</Text>
      {compare.error &&
        (compare.error instanceof OtherFile ? (
          <StartOver dataset={dataset} file={compare.variables} problem={compare.error.message} />
        ) : (
          <ErrorAlert error={compare.error} />
        ))}
      {compare.isPending && (
        <Stack gap={4} w="100%">
          <Text size="sm">{words.comparing}</Text>
          <Progress value={(100 * readBytes) / bytes} aria-label={words.comparing} />
        </Stack>
      )}
      <Group>
        <ChooseButton onFile={(file) => compare.mutate(file)} loading={compare.isPending}>
          {words.choose}
        </ChooseButton>
        <Text size="sm" c="dimmed" flex={1} miw={200}>
          {words.elsewhere}
        </Text>
      </Group>
    </Stack>
  );
}

/** It was changed, or another one was chosen. */
function StartOver({ dataset: { id }, file, problem }: { dataset: Dataset; file: File; problem: string }) {
  const remove = useDeleteDataset(id);
  const navigate = useNavigate();
  const startOver = () =>
    remove.mutate(undefined, {
      onSuccess: () => {
        chooseFile(file);
        void navigate({ to: '/datasets/new' });
      },
    });
  return (
    <Alert color="yellow" title={words.other} role="alert" w="100%">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          {problem} {words.startOverHint(file.name)}
        </Text>
        {remove.error && <ErrorAlert error={remove.error} />}
        <Button size="xs" variant="default" loading={remove.isPending} onClick={startOver}>
          {words.startOver}
        </Button>
      </Stack>
    </Alert>
  );
}

class OtherFile extends Error {}

/**
 * @throws OtherFile where it is not the file that was announced; one that came without its SHA-256 is told by its size alone
 * @throws FileFault where it cannot be read
 */
async function sourceOf(
  file: File,
  { bytes, sha256 }: Dataset,
  onRead: (bytes: number) => void,
): Promise<TransferSource> {
  if (file.size !== bytes) throw new OtherFile(words.otherSize(formatNumber(file.size), formatNumber(bytes)));
  const digest = await digestFile(file, { onRead });
  if (sha256 !== null && digest.sha256 !== sha256) throw new OtherFile(words.otherBytes);
  return { file, digest };
}

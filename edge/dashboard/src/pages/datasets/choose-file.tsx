// Where a file is dropped or chosen, and what it may hold.
import '@mantine/dropzone/styles.css';
import { Alert, Button, Code, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { LIMITS } from '@tallrec/shared/limits';
import { DATASET_KINDS } from '@tallrec/shared/wire/datasets';
import { useState } from 'react';
import { formatBytes } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';

const { drop: words, guide } = texts.datasetForm;
const MOST = formatBytes(LIMITS.uploadBytes);

/** Why a file cannot be a dataset, whatever is in it. */
export function problemOf({ size }: File): string | null {
  if (size === 0) return words.empty;
  return size > LIMITS.uploadBytes ? words.tooLarge(MOST) : null;
}

interface ChooseFileProps {
  /** With the file before. */
  problem: string | null;
  onFile: (file: File) => void;
}

export function ChooseFile({ problem: before, onFile }: ChooseFileProps) {
  const [several, setSeveral] = useState(false);
  const problem = several ? words.onlyOne : before;
  return (
    <Stack gap="xl">
      <Stack gap="sm">
        <Dropzone
          multiple={false}
          onDrop={([file]) => {
            setSeveral(false);
            if (file) onFile(file);
          }}
          onReject={() => setSeveral(true)}
          // The button in it is for the keyboard; a press of it is one of the whole.
          activateOnKeyboard={false}
          enablePointerEvents
          py={56}
        >
          <Stack align="center" gap="xs">
            <Text size="xl" fw={600} ta="center">
              {words.title}
            </Text>
            <Text c="dimmed" ta="center">
              {words.body(MOST)}
            </Text>
            <Button mt="sm">{words.choose}</Button>
          </Stack>
        </Dropzone>
        {problem && (
          <Alert color="red" role="alert">
            {problem}
          </Alert>
        )}
      </Stack>
      <Stack component="section" aria-label={guide.title} gap="sm">
        <Title order={2} size="h4">
          {guide.title}
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {DATASET_KINDS.map((kind) => (
            <Guide key={kind} {...guide.kinds[kind]} />
          ))}
        </SimpleGrid>
      </Stack>
    </Stack>
  );
}

function Guide({ name, hint, example }: (typeof guide.kinds)['items']) {
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Text fw={600}>{name}</Text>
        <Text size="sm">{hint}</Text>
        <Code block tabIndex={0}>
          {example}
        </Code>
      </Stack>
    </Paper>
  );
}

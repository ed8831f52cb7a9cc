// A dataset that the service is at work on: nothing is to be done but wait.
import { Group, Loader, Paper, Text } from '@mantine/core';
import { texts } from '../../texts.ts';

const words = texts.datasetDetail.checking;

export function CheckPanel({ state }: { state: 'uploaded' | 'validating' | 'deleting' }) {
  return (
    <Paper withBorder p="md" component="section" aria-label={words.title}>
      <Group role="status" wrap="nowrap">
        <Loader size="sm" />
        <Text size="sm">{words[state]}</Text>
      </Group>
    </Paper>
  );
}

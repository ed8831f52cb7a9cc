// What a dataset looks like: its ratings, its users, its items, and how it is split.
import { SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { Dataset, DatasetProfile } from '@tallrec/shared/wire/datasets';
import { texts } from '../../texts.ts';
import { BinChart } from './bin-chart.tsx';
import { RatingsChart } from './ratings-chart.tsx';
import { SplitChart } from './split-chart.tsx';

const words = texts.datasetDetail.pictures;

export function DatasetPictures({ dataset: { kind, stats } }: { dataset: Dataset }) {
  const profile = stats?.profile ?? null;
  return (
    <Stack component="section" aria-label={words.title} gap="sm">
      <Title order={2} size="h4">
        {words.title}
      </Title>
      {profile ? <Pictures kind={kind} profile={profile} /> : <Text c="dimmed">{words.none}</Text>}
    </Stack>
  );
}

function Pictures({ kind, profile }: Pick<Dataset, 'kind'> & { profile: DatasetProfile }) {
  const { ratings, historyLengths, itemRows, split } = profile;
  const histories = kind === 'samples' ? words.samplesHistories : words.histories;
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, md: kind === 'interactions' ? 3 : 2 }}>
        {kind === 'interactions' &&
          (ratings ? <RatingsChart ratings={ratings} /> : <TooMuch of={words.ratings.title} />)}
        {historyLengths ? <BinChart bins={historyLengths} {...histories} /> : <TooMuch of={histories.title} />}
        {itemRows ? <BinChart bins={itemRows} {...words.itemRows} /> : <TooMuch of={words.itemRows.title} />}
      </SimpleGrid>
      {split && <SplitChart split={split} />}
    </Stack>
  );
}

function TooMuch({ of }: { of: string }) {
  return (
    <Text c="dimmed" size="sm">
      {of}: {words.tooMuch}
    </Text>
  );
}

// How examples are made of the rows, and the first of them as the model will read it.
import { SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { buildSamples, type Sampling } from '@tallrec/shared/interactions';
import { formatPrompt, formatSamplePrompt } from '@tallrec/shared/prompt';
import { answerOf, type Sample } from '@tallrec/shared/sample';
import { useMemo } from 'react';
import { Panel } from '../../parts/panel.tsx';
import { PromptText } from '../../parts/prompt-text.tsx';
import { texts } from '../../texts.ts';
import { interactionsOf, type Reading } from './beginning.ts';
import type { DatasetValues } from './dataset-form.ts';
import { SamplingFields } from './sampling-fields.tsx';

const words = texts.datasetForm;

interface ExampleFieldsProps {
  form: UseFormReturnType<DatasetValues>;
  reading: Reading;
  sampling: Sampling | null;
}

export function ExampleFields({ form, reading, sampling }: ExampleFieldsProps) {
  const { kind } = form.values;
  const first = useMemo(() => firstPrompt(reading, sampling), [reading, sampling]);
  const prompt = first ? <PromptText {...first} /> : <Text c="dimmed">{words.prompt.none}</Text>;
  if (kind === 'items' || kind === 'item-facts') return null;
  if (kind !== 'interactions') return <Panel title={words.prompt.title}>{prompt}</Panel>;
  return (
    <Panel title={words.sampling.title}>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl">
        <SamplingFields form={form} ratings={ratingsOf(reading, sampling)} />
        <Stack gap="xs">
          <Title order={3} size="h5">
            {words.prompt.title}
          </Title>
          {prompt}
        </Stack>
      </SimpleGrid>
    </Panel>
  );
}

function ratingsOf(reading: Reading, sampling: Sampling | null): number[] {
  return interactionsOf(reading)
    .map(({ rating }) => rating)
    .filter((rating) => rating !== sampling?.unrated);
}

interface Prompt {
  prompt: string;
  answer: string | null;
  sample: Sample | null;
}

function firstPrompt(reading: Reading, sampling: Sampling | null): Prompt | null {
  const [first] = reading.rows;
  if (!first || first.kind === 'items' || first.kind === 'item-facts') return null;
  if (first.kind === 'instructions')
    return { prompt: formatPrompt(first.row, 'alpaca'), answer: first.row.output, sample: null };
  if (first.kind === 'samples') return ofSample(first.row);
  const sample = sampling && buildSamples(interactionsOf(reading), sampling)[0];
  return sample ? ofSample(sample) : null;
}

function ofSample(sample: Sample): Prompt {
  const answer = sample.liked === undefined ? null : answerOf(sample.liked);
  return { prompt: formatSamplePrompt(sample, 'clean'), answer, sample };
}

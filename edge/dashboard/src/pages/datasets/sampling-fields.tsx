// How examples are made of ratings, and at once what that makes of those at hand.
import { Group, Input, NumberInput, Progress, Stack, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { formatNumber, formatShare } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import type { DatasetValues } from './dataset-form.ts';

const words = texts.datasetForm.sampling;
const PARTS = ['train', 'valid', 'test'] as const;
const PART_COLORS = ['blue.7', 'teal.6', 'orange.6'];

interface SamplingFieldsProps {
  form: UseFormReturnType<DatasetValues>;
  ratings: readonly number[];
}

export function SamplingFields({ form, ratings }: SamplingFieldsProps) {
  return (
    <Stack gap="md">
      <Stack gap={6}>
        <NumberInput
          label={words.likedAbove.label}
          description={words.likedAbove.hint}
          step={0.5}
          {...form.getInputProps('likedAbove')}
        />
        <Likes ratings={ratings} likedAbove={Number(form.values.likedAbove)} />
      </Stack>
      <NumberInput label={words.unrated.label} description={words.unrated.hint} {...form.getInputProps('unrated')} />
      <NumberInput
        label={words.historyLength.label}
        description={words.historyLength.hint}
        min={1}
        allowDecimal={false}
        {...form.getInputProps('historyLength')}
      />
      <TextInput label={words.noun.label} description={words.noun.hint} {...form.getInputProps('noun')} />
      <Parts form={form} />
    </Stack>
  );
}

function Likes({ ratings, likedAbove }: { ratings: readonly number[]; likedAbove: number }) {
  if (ratings.length === 0) return null;
  const likes = ratings.filter((rating) => rating > likedAbove).length;
  const share = likes / ratings.length;
  return (
    <Stack gap={4}>
      <Progress value={100 * share} size="sm" aria-hidden />
      <Text size="sm" aria-live="polite">
        {likes === 0 || likes === ratings.length
          ? words.allAlike
          : words.likes(formatShare(share), formatNumber(likes), formatNumber(ratings.length))}
      </Text>
    </Stack>
  );
}

function Parts({ form }: Pick<SamplingFieldsProps, 'form'>) {
  const { parts } = form.values;
  const all = parts.reduce<number>((sum, part) => sum + Number(part), 0);
  return (
    <Input.Wrapper
      component="fieldset"
      label={words.parts.label}
      description={words.parts.hint}
      labelElement="div"
      error={form.errors.parts}
      style={{ border: 0, padding: 0, margin: 0 }}
    >
      <Group grow mt={4} gap="xs">
        {PARTS.map((part, at) => (
          <NumberInput
            key={part}
            label={words.parts[part]}
            min={0}
            max={9999}
            allowDecimal={false}
            {...form.getInputProps(`parts.${at}`)}
          />
        ))}
      </Group>
      {all > 0 && (
        <Progress.Root size="sm" mt="xs" aria-hidden>
          {PARTS.map((part, at) => (
            <Progress.Section key={part} value={(100 * Number(parts[at])) / all} color={PART_COLORS[at]!} />
          ))}
        </Progress.Root>
      )}
    </Input.Wrapper>
  );
}

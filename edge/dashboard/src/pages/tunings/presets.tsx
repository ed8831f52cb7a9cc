// Recipes that are filled in at once: a quick one to see how it goes, and the paper's.
import { Button, Group, Stack, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { texts } from '../../texts.ts';
import { isOf, PRESETS, type TuningValues } from './tuning-form.ts';

const words = texts.tuningForm.presets;

export function Presets({ form }: { form: UseFormReturnType<TuningValues> }) {
  const chosen = (['quick', 'paper'] as const).find((name) => isOf(form.values, PRESETS[name]));
  return (
    <Stack gap={6} role="group" aria-label={words.label}>
      <Group gap="sm">
        {(['quick', 'paper'] as const).map((name) => (
          <Button
            key={name}
            size="sm"
            variant={chosen === name ? 'light' : 'default'}
            aria-pressed={chosen === name}
            onClick={() => form.setValues(PRESETS[name])}
          >
            {words.names[name]}
          </Button>
        ))}
      </Group>
      <Text size="sm" c="dimmed">
        {words.hints[chosen ?? 'own']}
      </Text>
    </Stack>
  );
}

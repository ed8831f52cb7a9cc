// The recipe of a tuning, with the paper's values in its fields.
import { MultiSelect, NumberInput, Select, SimpleGrid, Stack, Switch, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { formatNumber } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import { isAllWarmup, LORA_MODULES, RECIPE_NUMBERS, type RecipeNumber, type TuningValues } from './tuning-form.ts';

const words = texts.tuningForm;
const settings = texts.settings;

/** By how much a press of an arrow key changes what is no whole number. */
const FRACTIONS: Partial<Record<RecipeNumber, number>> = {
  learningRate: 0.0001,
  weightDecay: 0.01,
  clipNorm: 0.1,
  loraAlpha: 1,
  loraDropout: 0.01,
  lossPairs: 0.1,
};
const MAY_BE_EMPTY: readonly RecipeNumber[] = ['maxSteps', 'evaluateEverySteps'];

interface RecipeFieldsProps {
  form: Pick<UseFormReturnType<Pick<TuningValues, 'hyperParameters' | 'priority'>>, 'getInputProps' | 'values'>;
}

export function RecipeFields({ form }: RecipeFieldsProps) {
  const { warmupSteps, maxSteps } = form.values.hyperParameters;
  const hintOf = (name: RecipeNumber) =>
    name === 'warmupSteps' && isAllWarmup(warmupSteps, maxSteps) ? (
      <Text span inherit fw={700} c="var(--mantine-color-error)">
        {texts.tuningEstimate.allWarmup(formatNumber(Number(warmupSteps)), formatNumber(Number(maxSteps)))}
      </Text>
    ) : (
      settings[name].hint
    );
  return (
    <Stack gap="lg">
      <Text size="sm">{words.advancedHint}</Text>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {RECIPE_NUMBERS.map((name) => (
          <NumberInput
            key={name}
            label={settings[name].label}
            description={hintOf(name)}
            min={0}
            step={FRACTIONS[name] ?? 1}
            allowDecimal={name in FRACTIONS}
            placeholder={MAY_BE_EMPTY.includes(name) ? words.byRule : undefined}
            {...form.getInputProps(`hyperParameters.${name}`)}
          />
        ))}
        <Select
          label={settings.lossOn.label}
          description={settings.lossOn.hint}
          data={(['answer', 'all'] as const).map((value) => ({ value, label: settings.lossOns[value] }))}
          allowDeselect={false}
          {...form.getInputProps('hyperParameters.lossOn')}
        />
        <NumberInput
          label={settings.priority.label}
          description={settings.priority.hint}
          min={-10}
          max={10}
          allowDecimal={false}
          {...form.getInputProps('priority')}
        />
      </SimpleGrid>
      <MultiSelect
        label={settings.loraModules.label}
        description={settings.loraModules.hint}
        data={LORA_MODULES}
        {...form.getInputProps('hyperParameters.loraModules')}
      />
      <Switch
        label={settings.rankStabilized.label}
        description={settings.rankStabilized.hint}
        {...form.getInputProps('hyperParameters.rankStabilized', { type: 'checkbox' })}
      />
    </Stack>
  );
}

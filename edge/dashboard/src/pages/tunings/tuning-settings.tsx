// The settings that a tuning was given, the paper's among them.
import { DataList, Paper, Title } from '@mantine/core';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { Fact } from '../../parts/fact.tsx';
import { texts } from '../../texts.ts';

const words = texts.tunings.detail;
const settingWords: Record<string, { label: string } | Record<string, string> | undefined> =
  texts.tunings.form.settings;

export function TuningSettings({ settings: { hyperParameters, ...rest } }: Pick<Tuning, 'settings'>) {
  return (
    <Paper withBorder p="md" component="section" aria-label={words.settings}>
      <Title order={2} size="h4" mb="sm">
        {words.settings}
      </Title>
      <DataList labelWidth="11em">
        {Object.entries({ ...rest, ...hyperParameters }).map(([name, value]) => (
          <Fact key={name} name={settingWords[name]?.label ?? name}>
            {shown(value)}
          </Fact>
        ))}
      </DataList>
    </Paper>
  );
}

function shown(value: string | number | boolean | string[] | undefined): string {
  if (value === undefined) return texts.common.none;
  if (typeof value === 'boolean') return value ? texts.common.yes : texts.common.no;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

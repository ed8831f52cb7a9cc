// The settings that a tuning was given, the paper's among them.
import { DataList } from '@mantine/core';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { Fact } from '../../parts/fact.tsx';
import { Panel } from '../../parts/panel.tsx';
import { settingLabel } from '../../parts/setting-label.ts';
import { texts } from '../../texts.ts';

const words = texts.tuningDetail;

export function TuningSettings({ settings: { hyperParameters, ...rest } }: Pick<Tuning, 'settings'>) {
  return (
    <Panel title={words.settings}>
      <DataList labelWidth="11em">
        {Object.entries({ ...rest, ...hyperParameters }).map(([name, value]) => (
          <Fact key={name} name={settingLabel(name)}>
            {shown(value)}
          </Fact>
        ))}
      </DataList>
    </Panel>
  );
}

function shown(value: string | number | boolean | string[] | undefined): string {
  if (value === undefined) return texts.common.none;
  if (typeof value === 'boolean') return value ? texts.common.yes : texts.common.no;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

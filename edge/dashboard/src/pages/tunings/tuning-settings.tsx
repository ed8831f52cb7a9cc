// The settings that a tuning was given, the paper's among them.
import { DataList } from '@mantine/core';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { Fact } from '../../parts/fact.tsx';
import { Panel } from '../../parts/panel.tsx';
import { settingLabel } from '../../parts/setting-label.ts';
import { settingText } from '../../parts/setting-text.ts';
import { texts } from '../../texts.ts';

const words = texts.tuningDetail;

export function TuningSettings({ settings: { hyperParameters, ...rest } }: Pick<Tuning, 'settings'>) {
  return (
    <Panel title={words.settings}>
      <DataList labelWidth="11em">
        {Object.entries({ ...rest, ...hyperParameters }).map(([name, value]) => (
          <Fact key={name} name={settingLabel(name)}>
            {settingText(name, value)}
          </Fact>
        ))}
      </DataList>
    </Panel>
  );
}

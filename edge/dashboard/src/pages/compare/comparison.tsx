// What is shown of the runs that were chosen, once they are there.
import { Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { formatNumber } from '../../parts/formats.tsx';
import { seriesStyle } from '../../parts/series-style.tsx';
import { useDatasetsForStage } from '../../queries/ready-datasets.ts';
import { texts } from '../../texts.ts';
import { AucSideBySide } from './auc-side-by-side.tsx';
import { settingsOf } from './differences.ts';
import { OverlaidCurves } from './overlaid-curves.tsx';
import { evaluationOn, type JudgedOn, judgedOns, type Run } from './runs.ts';
import { ScoresSideBySide } from './scores-side-by-side.tsx';
import { SeedMeans } from './seed-means.tsx';
import { ShotsOfRuns } from './shots-of-runs.tsx';
import type { ShownRun } from './shown-run.ts';
import { SideBySide } from './side-by-side.tsx';

const words = texts.compare;

interface ComparisonProps {
  runs: readonly Run[];
  adapterNamed: (id: string) => string | undefined;
}

export function Comparison({ runs, adapterNamed }: ComparisonProps) {
  const datasets = [...(useDatasetsForStage('rec').items ?? []), ...(useDatasetsForStage('alpaca').items ?? [])];
  const [wanted, setWanted] = useState<string | null>(null);
  const nameOf = (id: string) => datasets.find((one) => one.id === id)?.name ?? adapterNamed(id) ?? id;
  const options = judgedOns(runs);
  const on = options.find(({ key }) => key === wanted) ?? options[0];
  const shown: ShownRun[] = runs.map((run, at) => ({
    run,
    settings: settingsOf(run, nameOf),
    judged: evaluationOn(run, on),
    style: seriesStyle(at),
  }));
  return (
    <Stack gap="lg">
      {on ? (
        <Group align="flex-end" gap="md">
          <Select
            label={words.judgedOn}
            description={words.judgedOnHint}
            miw={280}
            data={options.map((option) => ({ value: option.key, label: labelOf(option, nameOf) }))}
            value={on.key}
            onChange={setWanted}
            allowDeselect={false}
          />
        </Group>
      ) : (
        <Text c="dimmed">{words.notJudged}</Text>
      )}
      <SideBySide shown={shown} />
      <AucSideBySide shown={shown} />
      <OverlaidCurves shown={shown} />
      <ShotsOfRuns shown={shown} />
      <SeedMeans shown={shown} />
      <ScoresSideBySide shown={shown} />
    </Stack>
  );
}

function labelOf({ dataset, split, limit }: JudgedOn, nameOf: (id: string) => string): string {
  const part = texts.evaluationDetail.splits[split];
  const rows = limit === null ? '' : `, ${words.limited(formatNumber(limit))}`;
  return `${words.judgedData(nameOf(dataset), part)}${rows}`;
}

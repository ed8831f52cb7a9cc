// AUC against K of the runs that have one, beside the paper's curves.
import { Group, SegmentedControl, Stack, Text } from '@mantine/core';
import type { EvaluatedMethod } from '@tallrec/shared/methods';
import { PAPER_DOMAINS, type PaperDomain } from '@tallrec/shared/paper-figures';
import { usersInterval } from '@tallrec/shared/verdict';
import { useState } from 'react';
import { ShotsChart } from '../../parts/shots-chart.tsx';
import { texts } from '../../texts.ts';
import { keyWithout, namesApart } from './differences.ts';
import { paperSeries, shotsSeries } from './shots-series.ts';
import type { ShownRun } from './shown-run.ts';

const words = texts.compare.shots;
/** What runs of one series may differ by; an adapter's run is that of its tuning. */
const DRAW = ['shots', 'seed', 'kind'];

export function ShotsOfRuns({ shown }: { shown: readonly ShownRun[] }) {
  const [domain, setDomain] = useState<PaperDomain | 'none'>('none');
  const labels = namesApart(
    shown.map(({ settings }) => settings),
    DRAW,
  );
  const runs = shown.flatMap(({ run, judged, settings }, at) => {
    const auc = judged?.report.auc ?? null;
    if (run.shots === null || auc === null) return [];
    const { shots, seed } = run;
    const interval = usersInterval(judged!.report);
    return [{ series: keyWithout(settings, DRAW), label: labels[at]!, shots, seed, auc, interval }];
  });
  const methods = new Set(
    shown.map(({ run }) => run.method).filter((method): method is EvaluatedMethod => method !== null),
  );
  const paper = domain === 'none' ? [] : paperSeries(domain, methods);
  const rule = shown.map(({ judged }) => judged?.report.ruleAuc).find((auc) => auc != null) ?? null;
  return (
    <Stack gap="xs">
      <Group gap="xs" justify="flex-end">
        <Text size="sm">{words.paper}</Text>
        <SegmentedControl
          size="xs"
          aria-label={words.paper}
          data={(['none', ...PAPER_DOMAINS] as const).map((value) => ({ value, label: words.papers[value] }))}
          value={domain}
          onChange={setDomain}
        />
      </Group>
      {runs.length === 0 && paper.length === 0 ? (
        <Text c="dimmed">{words.none}</Text>
      ) : (
        <ShotsChart
          series={shotsSeries(runs)}
          paper={paper}
          domain={domain === 'none' ? null : domain}
          ruleAuc={rule}
        />
      )}
    </Stack>
  );
}

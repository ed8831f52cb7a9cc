// How the scores of each run are spread, one picture each, and whether they mean what they say, in one.
import { SimpleGrid, Stack, Title } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { ChartLegend } from '../../parts/chart-legend.tsx';
import { evaluationQuery } from '../../queries/evaluations.ts';
import { texts } from '../../texts.ts';
import { CalibrationChart } from '../evaluations/calibration-chart.tsx';
import { DISTRIBUTION_LEGEND, DistributionChart } from '../evaluations/distribution-chart.tsx';
import type { ShownRun } from './shown-run.ts';

const words = texts.compare.scores;

export function ScoresSideBySide({ shown }: { shown: readonly ShownRun[] }) {
  const judged = shown.flatMap(({ run, judged, style }) => (judged ? [{ name: run.name, id: judged.id, style }] : []));
  // Lists leave distributions out.
  const whole = useQueries({ queries: judged.map(({ id }) => evaluationQuery(id)) });
  const scored = judged.flatMap(({ name, style }, at) => {
    const distribution = whole[at]?.data?.report?.distribution;
    return distribution ? [{ label: name, style, distribution }] : [];
  });
  if (scored.length === 0) return null;
  const calibrated = scored.filter(({ distribution }) => distribution.calibration !== null);
  return (
    <Stack component="section" aria-label={words.title} gap="sm">
      <Title order={2} size="h4">
        {words.title}
      </Title>
      {calibrated.length > 0 && <CalibrationChart of={calibrated} />}
      <ChartLegend entries={DISTRIBUTION_LEGEND} />
      <SimpleGrid cols={{ base: 1, md: 2, lg: 3 }} spacing="lg">
        {scored.map(({ label, distribution }) => (
          <DistributionChart key={label} title={words.of(label)} distribution={distribution} small />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

// The curves of all runs that were tuned, in one chart each.
import { LineChart } from '@mantine/charts';
import { Group, SimpleGrid, Stack, Title } from '@mantine/core';
import type { TuningMetrics } from '@tallrec/shared/wire/tunings';
import { useQueries } from '@tanstack/react-query';
import { axisTicks } from '../../parts/axis-ticks.ts';
import { ChartFrame } from '../../parts/chart-frame.tsx';
import { ChartLegend } from '../../parts/chart-legend.tsx';
import { formatNumber } from '../../parts/formats.tsx';
import { lineWidth } from '../../parts/series-style.tsx';
import { tuningMetricsQuery } from '../../queries/tuning-metrics.ts';
import { texts } from '../../texts.ts';
import { type Curve, curveTable, numberFormat } from './curve-table.ts';
import type { ShownRun } from './shown-run.ts';

const words = texts.compare.curves;
const HEIGHT = 240;
const GUESSING = { value: 0.5, label: words.guessing };

export function OverlaidCurves({ shown }: { shown: readonly ShownRun[] }) {
  const tuned = shown.flatMap(({ run, style }) => (run.tuning ? [{ run, style, tuning: run.tuning }] : []));
  const metrics = useQueries({ queries: tuned.map(({ tuning }) => tuningMetricsQuery(tuning)) });
  if (tuned.length === 0) return null;
  const curves = (pointsOf: (metrics: TuningMetrics) => Curve['points']) =>
    tuned.map(({ run, style }, at) => {
      const { data } = metrics[at]!;
      return { name: run.name, style, points: data ? pointsOf(data) : [] };
    });
  const validAuc = curves(({ evaluations }) => evaluations.map(({ step, validAuc }) => ({ step, value: validAuc })));
  const validLoss = curves(({ evaluations }) => evaluations.map(({ step, validLoss }) => ({ step, value: validLoss })));
  const loss = curves(({ steps }) => steps.map(({ step, loss }) => ({ step, value: loss })));
  // Validated on the same rows they have one rule to pass.
  const rules = [...new Set(metrics.map(({ data }) => data?.validRuleAuc ?? null))];
  const [rule = null] = rules.length === 1 ? rules : [];
  const compared = [GUESSING, ...(rule === null ? [] : [{ value: rule, label: words.rule }])];
  return (
    <Stack component="section" aria-label={words.title} gap="sm">
      <Group justify="space-between">
        <Title order={2} size="h4">
          {words.title}
        </Title>
        <ChartLegend entries={tuned.map(({ run, style }) => ({ label: run.name, style, bare: true }))} />
      </Group>
      <SimpleGrid cols={{ base: 1, md: 2, lg: 3 }} spacing="lg">
        <CurvesChart {...words.validAuc} curves={validAuc} references={compared} />
        <CurvesChart {...words.loss} curves={loss} />
        <CurvesChart {...words.validLoss} curves={validLoss} />
      </SimpleGrid>
    </Stack>
  );
}

interface CurvesChartProps {
  title: string;
  hint: string;
  curves: readonly (Curve & Pick<ShownRun, 'style'>)[];
  /** Values to compare with, always in sight. */
  references?: readonly { value: number; label: string }[];
}

function CurvesChart({ title, hint, curves, references = [] }: CurvesChartProps) {
  const drawn = curves.filter(({ points }) => points.some(({ value }) => value !== null));
  if (drawn.length === 0) return null;
  const { rows, keys } = curveTable(drawn);
  const values = drawn.flatMap(({ points }) => points.map(({ value }) => value));
  const compared = references.map(({ value }) => value);
  const axis = axisTicks([...values.filter((value) => value !== null), ...compared]);
  const format = numberFormat([...values, ...compared]);
  const columns = { step: words.step, ...Object.fromEntries(keys.map((key, at) => [key, drawn[at]!.name])) };
  return (
    <ChartFrame
      title={title}
      hint={hint}
      data={{
        columns,
        rows: rows as Record<keyof typeof columns, number | null>[],
        format: { step: formatNumber, ...Object.fromEntries(keys.map((key) => [key, format])) },
      }}
      legend={drawn.map(({ name, style }) => ({ label: name, color: style.color }))}
    >
      <LineChart
        h={HEIGHT}
        data={rows}
        dataKey="step"
        series={drawn.map(({ name, style }, at) => ({
          name: keys[at]!,
          label: name,
          color: style.color,
          ...(style.dash ? { strokeDasharray: style.dash } : {}),
        }))}
        curveType="linear"
        connectNulls
        withDots={rows.length < 20}
        accessibilityLayer={false}
        valueFormatter={format}
        xAxisProps={{
          type: 'number',
          domain: ['dataMin', 'dataMax'],
          allowDecimals: false,
          tickFormatter: formatNumber,
        }}
        yAxisProps={{ width: 56, domain: axis.domain, ticks: axis.ticks, tickFormatter: axis.format, interval: 0 }}
        lineProps={({ name }) => ({
          isAnimationActive: false,
          strokeWidth: lineWidth(keys.indexOf(name), keys.length),
        })}
        lineChartProps={{ margin: { top: 14 } }}
        referenceLines={references.map(({ value, label }) => ({
          y: value,
          label,
          color: 'gray.6',
          labelPosition: 'insideBottomRight' as const,
        }))}
      />
    </ChartFrame>
  );
}

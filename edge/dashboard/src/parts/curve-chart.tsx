// One curve over the steps of a job.
import { LineChart } from '@mantine/charts';
import { texts } from '../texts.ts';
import { ChartFrame } from './chart-frame.tsx';
import { formatNumber } from './formats.tsx';

export interface CurvePoint {
  step: number;
  value: number | null;
}

export interface CurveChartProps {
  title: string;
  /** One sentence on how to read it. */
  hint: string;
  points: readonly CurvePoint[];
  format: (value: number) => string;
  /** A value to compare with, and what it is. */
  reference?: { value: number; label: string };
}

const words = texts.tuningDetail;

export function CurveChart({ title, hint, points, format, reference }: CurveChartProps) {
  const last = points.findLast(({ value }) => value !== null);
  const latest = last ? words.latest(format(last.value!), formatNumber(last.step)) : '';
  return (
    <ChartFrame
      title={title}
      hint={hint}
      summary={latest}
      data={{
        columns: { step: words.step, value: title },
        rows: points.map(({ step, value }) => ({ step, value })),
        format: { step: formatNumber, value: format },
      }}
    >
      <LineChart
        h={200}
        data={[...points]}
        dataKey="step"
        series={[{ name: 'value', label: title, color: 'blue.6' }]}
        curveType="linear"
        withDots={points.length < 30}
        accessibilityLayer={false}
        valueFormatter={format}
        xAxisProps={{
          type: 'number',
          domain: ['dataMin', 'dataMax'],
          allowDecimals: false,
          tickFormatter: formatNumber,
        }}
        yAxisProps={{ domain: domainFor(reference), width: 64 }}
        lineProps={{ isAnimationActive: false }}
        {...(reference ? { referenceLines: [lineAt(reference, points)] } : {})}
      />
    </ChartFrame>
  );
}

type Reference = NonNullable<CurveChartProps['reference']>;

/** What is compared with is always in sight. */
function domainFor(reference: Reference | undefined) {
  if (!reference) return ['auto', 'auto'] as ['auto', 'auto'];
  const { value } = reference;
  return [(least: number) => Math.min(least, value), (most: number) => Math.max(most, value)] as [
    (least: number) => number,
    (most: number) => number,
  ];
}

/** Its name stands on the side where the curve leaves room for it. */
function lineAt({ value, label }: Reference, points: CurveChartProps['points']) {
  const above = points.some((point) => point.value !== null && point.value > value);
  const labelPosition = above ? 'insideBottomRight' : 'insideTopRight';
  return { y: value, label, color: 'gray.6', labelPosition } as const;
}

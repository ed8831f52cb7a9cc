// One curve over the steps of a job.
import { LineChart } from '@mantine/charts';
import { texts } from '../texts.ts';
import { axisTicks } from './axis-ticks.ts';
import { ChartFrame } from './chart-frame.tsx';
import { formatNumber } from './formats.tsx';
import { RULE_STYLE, seriesStyle } from './series-style.tsx';

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
  /** Values to compare with, at most two, and what each is. */
  references?: readonly Reference[];
}

interface Reference {
  value: number;
  label: string;
}

const words = texts.tuningDetail;

export function CurveChart({ title, hint, points, format, references = [] }: CurveChartProps) {
  const last = points.findLast(({ value }) => value !== null);
  const latest = last ? words.latest(format(last.value!), formatNumber(last.step)) : '';
  const values = points.flatMap(({ value }) => value ?? []);
  const axis = axisTicks([...(values.length > 0 ? values : [0]), ...references.map(({ value }) => value)]);
  const compared = references.map(({ value, label }) => words.compared(label, format(value)));
  return (
    <ChartFrame
      title={title}
      hint={hint}
      summary={[latest, ...compared].filter(Boolean).join('; ')}
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
        series={[{ name: 'value', label: title, color: seriesStyle(0).color }]}
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
        yAxisProps={{ domain: axis.domain, ticks: axis.ticks, tickFormatter: axis.format, interval: 0, width: 64 }}
        lineChartProps={{ margin: { top: 10 } }}
        lineProps={{ isAnimationActive: false }}
        referenceLines={references.map((reference, at) => lineAt(reference, points, at))}
      />
    </ChartFrame>
  );
}

/** Its name stands on the side where the curve leaves room for it, those of two lines at either end. */
function lineAt({ value, label }: Reference, points: CurveChartProps['points'], at: number) {
  const above = points.some((point) => point.value !== null && point.value > value);
  const end = at === 0 ? 'Right' : 'Left';
  const labelPosition = `inside${above ? 'Bottom' : 'Top'}${end}` as const;
  return { y: value, label, color: at === 0 ? 'gray.6' : RULE_STYLE.color, labelPosition } as const;
}

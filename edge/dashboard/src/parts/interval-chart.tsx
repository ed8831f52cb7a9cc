// Figures that compete, as dots with their intervals on one axis.
import { Paper, Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { CartesianGrid, ErrorBar, ReferenceLine, Scatter, ScatterChart, Tooltip, XAxis, YAxis } from 'recharts';
import { texts } from '../texts.ts';
import { ChartFrame, type ChartFrameProps } from './chart-frame.tsx';
import { SeriesMarker, type SeriesStyle } from './series-style.tsx';

const words = texts.charts;

export interface Figure {
  name: string;
  value: number;
  low: number | null;
  high: number | null;
  style: SeriesStyle;
}

interface IntervalChartProps extends Pick<ChartFrameProps<string>, 'title' | 'hint' | 'summary'> {
  figures: readonly Figure[];
  format: (value: number) => string;
  /** A value that all are measured by, always in sight. */
  reference: { value: number; label: string };
}

const ROW_HEIGHT = 34;
const AXES_HEIGHT = 56;
/** Of the whole width at most, for names. */
const NAMES = 0.4;
const CHARACTER_WIDTH = 6;
const WIDE_CHARACTER = 7.5;
/** Below this there is room for values alone, without their intervals. */
const WIDE = 420;

export function IntervalChart({ title, hint, summary, figures, format, reference }: IntervalChartProps) {
  const { ref, width } = useElementSize();
  const isWide = width >= WIDE;
  const namesWidth = Math.min(
    NAMES * width,
    16 + CHARACTER_WIDTH * Math.max(0, ...figures.map(({ name }) => name.length)),
  );
  const height = AXES_HEIGHT + ROW_HEIGHT * figures.length;
  const range = rangeOf(figures, reference.value);
  const points = figures.map((figure) => ({ ...figure, error: errorOf(figure) }));
  const tick = { fontSize: 12, fill: 'currentColor' };
  return (
    <ChartFrame
      order={2}
      title={title}
      {...(hint ? { hint } : {})}
      {...(summary ? { summary } : {})}
      data={{
        columns: { name: words.figure, value: words.value, low: words.low, high: words.high },
        rows: figures.map(({ name, value, low, high }) => ({ name, value, low, high })),
        format: { value: format, low: format, high: format },
      }}
    >
      <div ref={ref} style={{ height, color: 'var(--mantine-color-dimmed)' }}>
        {width > 0 && (
          <ScatterChart
            width={width}
            height={height}
            margin={{ top: 22, right: isWide ? 150 : 48, bottom: 0, left: 0 }}
            accessibilityLayer={false}
          >
            <CartesianGrid horizontal={false} stroke="var(--mantine-color-default-border)" />
            <XAxis
              type="number"
              dataKey="value"
              domain={range.domain}
              ticks={range.ticks}
              tickFormatter={(value: number) => value.toFixed(range.decimals)}
              tick={tick}
              tickLine={false}
              axisLine={false}
            />
            <YAxis
              type="category"
              dataKey="name"
              width={namesWidth}
              tickFormatter={(name: string) => shortened(name, namesWidth / WIDE_CHARACTER)}
              tick={{ ...tick, fill: 'var(--mantine-color-text)' }}
              interval={0}
              axisLine={false}
              tickLine={false}
              reversed
              allowDuplicatedCategory={false}
            />
            <ReferenceLine
              x={reference.value}
              stroke="currentColor"
              strokeDasharray="4 3"
              label={{ value: reference.label, position: 'top', fontSize: 12, fill: 'currentColor' }}
            />
            <Tooltip
              cursor={false}
              isAnimationActive={false}
              content={({ payload }) => <FigureTip figure={payload?.[0]?.payload} format={format} />}
            />
            <Scatter
              data={points}
              isAnimationActive={false}
              shape={({ cx, cy, payload }: ShapeProps) => (
                <g>
                  <SeriesMarker cx={cx} cy={cy} style={payload!.style} />
                  <text x={width} y={(cy ?? 0) + 4} textAnchor="end" fontSize={12} fill="currentColor">
                    <tspan fontWeight={600} fill="var(--mantine-color-text)">
                      {format(payload!.value)}
                    </tspan>
                    {isWide && endsText(payload!, format)}
                  </text>
                </g>
              )}
            >
              <ErrorBar
                dataKey="error"
                direction="x"
                width={4}
                strokeWidth={2}
                stroke="currentColor"
                isAnimationActive={false}
              />
            </Scatter>
          </ScatterChart>
        )}
      </div>
    </ChartFrame>
  );
}

/** Names are broken between words; one word that is too long for a line is cut. */
function shortened(name: string, characters: number): string {
  const most = Math.max(4, Math.floor(characters) - 2);
  return name
    .split(' ')
    .map((word) => (word.length > most ? `${word.slice(0, most - 1)}…` : word))
    .join(' ');
}

interface ShapeProps {
  cx?: number | undefined;
  cy?: number | undefined;
  payload?: Figure;
}

function errorOf({ value, low, high }: Figure): [number, number] | undefined {
  return low === null || high === null ? undefined : [value - low, high - value];
}

function endsText({ low, high }: Figure, format: (value: number) => string): string {
  return low === null || high === null ? '' : words.ends(format(low), format(high));
}

function FigureTip({ figure, format }: { figure: Figure | undefined; format: (value: number) => string }) {
  if (!figure) return null;
  return (
    <Paper withBorder shadow="sm" px="sm" py={6}>
      <Text size="sm" fw={600}>
        {figure.name}
      </Text>
      <Text size="sm">{intervalText(figure, format)}</Text>
    </Paper>
  );
}

export function intervalText(
  { value, low, high }: Pick<Figure, 'value' | 'low' | 'high'>,
  format: (value: number) => string,
) {
  return low === null || high === null ? format(value) : words.interval(format(value), format(low), format(high));
}

/** In steps that people count in, with what is measured by in sight. */
function rangeOf(figures: readonly Figure[], reference: number) {
  const values = figures.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  const [least, most] = [Math.min(reference, ...values), Math.max(reference, ...values)];
  const step = [0.01, 0.02, 0.05, 0.1, 0.2].find((size) => (most - least) / size <= 5) ?? 0.2;
  const from = Math.floor(least / step + 1e-9);
  const to = Math.max(from + 1, Math.ceil(most / step - 1e-9));
  const ticks = Array.from({ length: to - from + 1 }, (_, at) => Number(((from + at) * step).toFixed(4)));
  return { ticks, domain: [ticks[0]!, ticks.at(-1)!] as [number, number], decimals: step < 0.1 ? 2 : 1 };
}

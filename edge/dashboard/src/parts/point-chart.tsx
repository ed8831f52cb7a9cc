// Points on two axes, joined where they are one series, with intervals where they have them.
import { Paper, Text } from '@mantine/core';
import {
  CartesianGrid,
  ErrorBar,
  Label,
  ReferenceLine,
  ResponsiveContainer,
  Scatter,
  ScatterChart,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { SeriesMarker, type SeriesStyle } from './series-style.tsx';

export interface ChartPoint {
  x: number;
  y: number;
  low?: number | null;
  high?: number | null;
  /** Of its marker, half. */
  size?: number;
  /** Said of it to those who point at it. */
  note: string;
}

export interface PointSeries {
  label: string;
  style: SeriesStyle;
  points: readonly ChartPoint[];
  hollow?: boolean;
  /** Of its line. */
  width?: number;
  /** Not joined. */
  apart?: boolean;
}

interface Axis {
  label: string;
  domain: [number, number];
  ticks?: number[];
  scale?: 'linear' | 'log';
  format: (value: number) => string;
}

export interface PointChartProps {
  height: number;
  x: Axis;
  y: Axis;
  series: readonly PointSeries[];
  /** Across the whole width. */
  lines?: readonly { y: number; style: Pick<SeriesStyle, 'color' | 'dash'> }[];
  /** From the lower left corner to the upper right. */
  diagonal?: boolean;
}

const TICK = { fontSize: 12, fill: 'currentColor' };

export function PointChart({ height, x, y, series, lines = [], diagonal = false }: PointChartProps) {
  return (
    <div style={{ height, color: 'var(--mantine-color-dimmed)' }}>
      <ResponsiveContainer>
        <ScatterChart margin={{ top: 12, right: 16, bottom: 18, left: 4 }} accessibilityLayer={false}>
          <CartesianGrid stroke="var(--mantine-color-default-border)" vertical={false} />
          <XAxis
            type="number"
            dataKey="x"
            name={x.label}
            domain={x.domain}
            scale={x.scale ?? 'linear'}
            {...(x.ticks ? { ticks: x.ticks } : {})}
            tickFormatter={x.format}
            tick={TICK}
            stroke="currentColor"
            tickLine={false}
            allowDataOverflow
          >
            <Label value={x.label} position="bottom" offset={0} fontSize={12} fill="currentColor" />
          </XAxis>
          <YAxis
            type="number"
            dataKey="y"
            name={y.label}
            domain={y.domain}
            {...(y.ticks ? { ticks: y.ticks } : {})}
            tickFormatter={y.format}
            tick={TICK}
            stroke="currentColor"
            axisLine={false}
            tickLine={false}
            width={48}
            allowDataOverflow
          />
          {diagonal && (
            <ReferenceLine
              segment={[
                { x: x.domain[0], y: y.domain[0] },
                { x: x.domain[1], y: y.domain[1] },
              ]}
              stroke="currentColor"
              strokeDasharray="4 3"
            />
          )}
          {lines.map(({ y: at, style: { color, dash } }) => (
            <ReferenceLine key={color} y={at} stroke={color} strokeWidth={1.5} strokeDasharray={dash ?? 'none'} />
          ))}
          <Tooltip
            cursor={false}
            isAnimationActive={false}
            content={({ payload }) => <Tip point={payload?.[0]?.payload} />}
          />
          {series.map((one) => (
            <Scatter
              key={one.label}
              name={one.label}
              data={one.points.map((point) => ({ ...point, label: one.label, error: errorOf(point) }))}
              line={
                one.apart
                  ? false
                  : { stroke: one.style.color, strokeWidth: one.width ?? 2, strokeDasharray: one.style.dash ?? 'none' }
              }
              isAnimationActive={false}
              shape={({ cx, cy, payload }: ShapeProps) => (
                <SeriesMarker cx={cx} cy={cy} style={one.style} hollow={one.hollow} size={payload?.size} />
              )}
            >
              <ErrorBar
                dataKey="error"
                direction="y"
                width={5}
                strokeWidth={1.5}
                stroke={one.style.color}
                isAnimationActive={false}
              />
            </Scatter>
          ))}
        </ScatterChart>
      </ResponsiveContainer>
    </div>
  );
}

interface ShapeProps {
  cx?: number | undefined;
  cy?: number | undefined;
  payload?: ChartPoint;
}

function errorOf({ y, low, high }: ChartPoint): [number, number] | undefined {
  return low == null || high == null ? undefined : [y - low, high - y];
}

function Tip({ point }: { point: (ChartPoint & { label: string }) | undefined }) {
  if (!point) return null;
  return (
    <Paper withBorder shadow="sm" px="sm" py={6}>
      <Text size="sm" fw={600}>
        {point.label}
      </Text>
      <Text size="sm">{point.note}</Text>
    </Paper>
  );
}

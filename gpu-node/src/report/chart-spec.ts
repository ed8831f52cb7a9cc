// What a chart shows, in our words and in Vega-Lite's.
import type { TopLevelSpec } from 'vega-lite';
import { SERIES_COLOURS } from './palette.ts';

export interface Axis {
  title: string;
  /** Logarithmic axes take positive values alone. */
  scale?: 'linear' | 'log';
  /** Where the axis is marked; chosen by the range when left out. */
  ticks?: readonly number[];
  /** A d3-format, such as `.2f`. */
  format?: string;
  /** Ends of the axis; by default the data's, without zero. */
  range?: readonly [low: number, high: number];
  /** A value that all others are read against, as a dashed line. */
  reference?: number;
}

export interface Point {
  x: number;
  y: number;
  /** Ends of the interval around `y`, both or neither. */
  low?: number;
  high?: number;
}

export interface Series {
  name: string;
  /** In order of `x`. */
  points: readonly Point[];
}

interface Described {
  /** What the chart shows, in a sentence, for those who do not see it. */
  label: string;
  /** Pixels of the plot without its axes. */
  width?: number;
  height?: number;
}

/** Curves of several series over one axis, told apart by colour, dashes and the shape of the points. */
export interface LineChart extends Described {
  kind: 'lines';
  x: Axis;
  y: Axis;
  series: readonly Series[];
  /** How intervals are drawn; bars by default. */
  intervals?: 'bars' | 'band';
  /** Points on the curve; by default where a series has at most 24. */
  points?: boolean;
}

export interface DotRow {
  name: string;
  value: number;
  low?: number;
  high?: number;
  /** Rows of one series share a colour and stand in the legend. */
  series?: string;
}

/** One row a name, a dot at its value and a bar over its interval; several series may share a row. */
export interface DotChart extends Described {
  kind: 'dots';
  x: Axis;
  /** From top to bottom. */
  rows: readonly DotRow[];
}

export type Chart = LineChart | DotChart;

const SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'];
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
];
const INK = 'currentColor';
const FONT = 'system-ui, sans-serif';
const MOST_POINTS_MARKED = 24;
const LEGEND_CHARACTERS = 84;

type Layer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];

const seriesField = { field: 'series', type: 'nominal', sort: null } as const;

export function specOf(chart: Chart): TopLevelSpec {
  return chart.kind === 'lines' ? linesSpec(chart) : dotsSpec(chart);
}

function linesSpec(chart: LineChart): TopLevelSpec {
  const { x, y, series, intervals = 'bars' } = chart;
  const names = series.map(({ name }) => name);
  const all = series.flatMap(({ points }) => points);
  const ranged = all.some(({ low }) => low !== undefined);
  const marked = chart.points ?? series.every(({ points }) => points.length <= MOST_POINTS_MARKED);
  const legend = legendOf(names, !marked);
  const xEncoding = {
    field: 'x',
    type: 'quantitative',
    ...axisOf(
      x,
      all.map((point) => point.x),
    ),
  } as const;
  const yEncoding = { field: 'y', type: 'quantitative', ...axisOf(y, all.flatMap(extent)) } as const;
  // Bars of one x stand side by side.
  const spread = ranged && intervals === 'bars' ? Math.min(7, 24 / series.length) : 0;

  const layers = series.flatMap(({ name, points }, at): Layer[] => {
    const xOffset = (at - (series.length - 1) / 2) * spread;
    const encoding = {
      x: xEncoding,
      color: { ...seriesField, scale: rangeOf(names, SERIES_COLOURS), legend },
    };
    const within = points.filter(({ low }) => low !== undefined);
    const interval: Layer = {
      data: { values: within.map((point) => ({ ...point, series: name })) },
      mark: intervals === 'band' ? { type: 'area', opacity: 0.2 } : { type: 'rule', strokeWidth: 1.5, xOffset },
      encoding: { ...encoding, y: { ...yEncoding, field: 'low' }, y2: { field: 'high' } },
    };
    const line: Layer = {
      data: { values: points.map((point) => ({ ...point, series: name })) },
      mark: { type: 'line', strokeWidth: 2, xOffset, point: marked && { filled: true, size: 50, opacity: 1, xOffset } },
      encoding: {
        ...encoding,
        y: yEncoding,
        strokeDash: { ...seriesField, scale: rangeOf(names, DASHES), legend: marked ? null : legend },
        ...(marked ? { shape: { ...seriesField, scale: rangeOf(names, SHAPES), legend } } : {}),
      },
    };
    return within.length ? [interval, line] : [line];
  });
  return { ...frame(chart, 300), layer: [...referenceLines(x, y), ...layers] };
}

function dotsSpec(chart: DotChart): TopLevelSpec {
  const { x, rows } = chart;
  const names = [...new Set(rows.map(({ name }) => name))];
  const series = [...new Set(rows.map((row) => row.series ?? ''))];
  const values = rows.map((row) => ({ ...row, series: row.series ?? '' }));
  const legend = legendOf(series, false);
  const extents = rows.flatMap(({ value, ...ends }) => extent({ y: value, ...ends }));
  const xEncoding = { type: 'quantitative', ...axisOf(x, extents) } as const;
  const encoding = {
    y: {
      field: 'name',
      type: 'nominal',
      sort: null,
      scale: { domain: names },
      axis: { title: null, labelLimit: 0, ticks: false, domain: false, grid: false, labelPadding: 8 },
    },
    yOffset: { ...seriesField, scale: { domain: series, paddingOuter: 0.6 } },
    color: { ...seriesField, scale: rangeOf(series, SERIES_COLOURS), legend },
  } as const;
  const intervals: Layer = {
    data: { values: values.filter(({ low }) => low !== undefined) },
    mark: { type: 'rule', strokeWidth: 2, opacity: 0.6 },
    encoding: { ...encoding, x: { field: 'low', ...xEncoding }, x2: { field: 'high' } },
  };
  const dots: Layer = {
    data: { values },
    mark: { type: 'point', filled: true, size: 80, opacity: 1 },
    encoding: {
      ...encoding,
      x: { field: 'value', ...xEncoding },
      shape: { ...seriesField, scale: rangeOf(series, SHAPES), legend },
    },
  };
  const usualHeight = names.length * (16 + 14 * series.length);
  return { ...frame(chart, usualHeight), layer: [...referenceLines(x), intervals, dots] };
}

function axisOf({ title, scale = 'linear', ticks, format, range }: Axis, values: readonly number[]) {
  const [low, high] = range ?? [Math.min(...values), Math.max(...values)];
  const marks = ticks ?? (scale === 'log' ? [...new Set(values)].sort((a, b) => a - b) : undefined);
  // A single value gets an axis around it.
  const margin = low === high ? Math.abs(low) / 10 || 1 : 0;
  return {
    title,
    scale: {
      type: scale,
      domain: scale === 'log' && margin ? [low / 2, high * 2] : [low - margin, high + margin],
      nice: range === undefined && scale === 'linear',
      zero: false,
      ...(scale === 'log' && range === undefined ? { padding: 20 } : {}),
    },
    axis: {
      grid: true,
      ...(marks && marks.length <= 12 ? { values: [...marks] } : { tickCount: 6 }),
      ...(format ? { format } : {}),
    },
  } as const;
}

function extent({ y, low = y, high = y }: Omit<Point, 'x'>): number[] {
  return [y, low, high];
}

function rangeOf<T>(names: readonly string[], of: readonly T[]) {
  return { domain: [...names], range: names.map((_, i) => of[i % of.length]!) };
}

/** A series alone needs none. */
function legendOf(names: readonly string[], asLines: boolean) {
  if (names.length < 2) return null;
  const longest = Math.max(...names.map((name) => name.length));
  const columns = Math.max(1, Math.min(4, Math.floor(LEGEND_CHARACTERS / (longest + 4))));
  const symbols = asLines
    ? ({ symbolType: 'stroke', symbolSize: 400, symbolStrokeWidth: 2 } as const)
    : { symbolStrokeWidth: 0, symbolSize: 70 };
  return { title: null, orient: 'bottom', columns, labelLimit: 0, symbolOpacity: 1, ...symbols } as const;
}

function referenceLines(x: Axis, y?: Axis): Layer[] {
  const line = (channel: 'x' | 'y', datum: number | undefined): Layer[] =>
    datum === undefined
      ? []
      : [
          {
            data: { values: [{}] },
            mark: { type: 'rule', strokeDash: [4, 4], color: INK, opacity: 0.55 },
            encoding: { [channel]: { datum } },
          },
        ];
  return [...line('x', x.reference), ...line('y', y?.reference)];
}

function frame({ width = 560, height }: Chart, usualHeight: number) {
  const lines = { domainColor: INK, tickColor: INK, gridColor: INK, labelColor: INK, titleColor: INK };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width,
    height: height ?? usualHeight,
    background: 'transparent',
    padding: 8,
    config: {
      aria: false,
      font: FONT,
      view: { stroke: null },
      axis: {
        ...lines,
        gridOpacity: 0.12,
        domainOpacity: 0.5,
        tickOpacity: 0.5,
        labelFontSize: 12,
        titleFontSize: 13,
        titleFontWeight: 500,
        titlePadding: 10,
      },
      legend: { labelColor: INK, labelFontSize: 12, columnPadding: 16 },
    },
  } as const;
}

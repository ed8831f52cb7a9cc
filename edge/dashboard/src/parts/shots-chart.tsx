// AUC against K on a logarithmic axis, with the paper's curves and the rule beside.
import type { PaperDomain } from '@tallrec/shared/paper-figures';
import type { ReactNode } from 'react';
import { texts } from '../texts.ts';
import { ChartFrame } from './chart-frame.tsx';
import { ChartLegend, type LegendEntry } from './chart-legend.tsx';
import { formatAuc, formatNumber } from './formats.tsx';
import { PointChart, type PointSeries } from './point-chart.tsx';
import { RULE_STYLE, seriesStyle } from './series-style.tsx';

const words = texts.compare.shots;

interface Point {
  shots: number;
  auc: number;
  low?: number | null;
  high?: number | null;
  seeds?: number;
}

export interface ShotsChartProps {
  series: readonly { label: string; points: readonly Point[] }[];
  paper: readonly { title: string; points: readonly Point[] }[];
  domain: PaperDomain | null;
  /** Of the share of history that was liked, on the same rows. */
  ruleAuc: number | null;
  children?: ReactNode;
}

const HEIGHT = 340;

export function ShotsChart({ series, paper, domain, ruleAuc }: ShotsChartProps) {
  // Side by side, where they would hide one another.
  const aside = (at: number) => DODGE ** (at - (series.length - 1) / 2);
  const own = series.map(({ label, points }, at) => drawn(label, points, { at, aside: aside(at), isPaper: false }));
  const published = paper.map(({ title, points }, place) => {
    const same = series.findIndex(({ label }) => label.startsWith(title));
    const at = same < 0 ? series.length + place : same;
    return drawn(words.paperOf(title), points, { at, aside: 1, isPaper: true });
  });
  const all = [...own, ...published];
  const rule =
    ruleAuc === null ? [] : [{ label: `${words.rule}: ${formatAuc(ruleAuc)}`, style: RULE_STYLE, bare: true }];
  const legend: LegendEntry[] = [...all, ...rule];
  const shots = [...new Set([...series, ...paper].flatMap(({ points }) => points.map((point) => point.shots)))].sort(
    (a, b) => a - b,
  );
  if (shots.length === 0) return null;
  return (
    <ChartFrame
      order={2}
      title={words.title}
      hint={`${words.hint}${domain ? ` ${words.paperHint}` : ''}`}
      data={{
        columns: words.columns,
        rows: [
          ...series.map(({ label, points }) => ({ label, points })),
          ...paper.map(({ title, points }) => ({ label: words.paperOf(title), points })),
        ].flatMap(({ label, points }) =>
          points.map((point) => ({
            series: label,
            shots: point.shots,
            auc: point.auc,
            low: point.low ?? null,
            high: point.high ?? null,
            seeds: point.seeds ?? null,
          })),
        ),
        format: { shots: formatNumber, auc: formatAuc, low: formatAuc, high: formatAuc, seeds: formatNumber },
      }}
      legend={legend.map(({ label, style }) => ({ label, color: style.color }))}
    >
      <PointChart
        height={HEIGHT}
        x={{
          label: words.axis,
          scale: 'log',
          domain: [shots[0]! / 1.3, shots.at(-1)! * 1.3],
          ticks: shots,
          format: formatNumber,
        }}
        y={{
          label: words.columns.auc,
          ...aucAxis([...series, ...paper], ruleAuc),
          format: (value) => value.toFixed(2),
        }}
        series={all}
        lines={ruleAuc === null ? [] : [{ y: ruleAuc, style: RULE_STYLE }]}
      />
      <ChartLegend entries={legend} />
    </ChartFrame>
  );
}

interface Look {
  /** Its place among the series, by which it has its colour. */
  at: number;
  /** By which its K is moved. */
  aside: number;
  isPaper: boolean;
}

function drawn(label: string, points: readonly Point[], { at, aside, isPaper }: Look): PointSeries {
  const { color, marker } = seriesStyle(at);
  return {
    label,
    // What others found is dashed and hollow.
    style: { color, marker, dash: isPaper ? '5 4' : undefined },
    hollow: isPaper,
    points: points.map(({ shots, auc, low = null, high = null, seeds }) => ({
      x: shots * aside,
      y: auc,
      low,
      high,
      note: [`K = ${formatNumber(shots)}: ${formatAuc(auc)}`, seeds === undefined ? '' : words.seeds(seeds)]
        .filter(Boolean)
        .join(', '),
    })),
  };
}

const DODGE = 1.025;
const STEP = 0.05;
/** Beyond it there would be too many steps. */
const WIDE_SPAN = 0.4;

/** In steps that people count in, with one half and the rule in sight. */
function aucAxis(series: readonly { points: readonly Point[] }[], ruleAuc: number | null) {
  const values = series.flatMap(({ points }) => points.flatMap(({ auc, low, high }) => [auc, low ?? auc, high ?? auc]));
  const [lowest, highest] = [Math.min(0.5, ruleAuc ?? 0.5, ...values), Math.max(0.55, ruleAuc ?? 0.5, ...values)];
  const every = highest - lowest > WIDE_SPAN ? 2 * STEP : STEP;
  const least = Math.max(0, every * Math.floor(lowest / every + 1e-9));
  const most = Math.min(1, every * Math.ceil(highest / every - 1e-9));
  const ticks: number[] = [];
  for (let tick = least; tick <= most + 1e-9; tick += every) ticks.push(Number(tick.toFixed(2)));
  return { domain: [least, most] as [number, number], ticks };
}

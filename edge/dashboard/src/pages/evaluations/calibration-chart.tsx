// Whether probabilities mean what they say: the share that was liked, against the probability that was given.
import { shareInterval } from '@tallrec/shared/share-interval';
import type { ScoreDistribution } from '@tallrec/shared/wire/evaluations';
import { ChartFrame } from '../../parts/chart-frame.tsx';
import { ChartLegend } from '../../parts/chart-legend.tsx';
import { formatNumber, formatShare } from '../../parts/formats.tsx';
import { type ChartPoint, PointChart } from '../../parts/point-chart.tsx';
import { lineWidth, type SeriesStyle, seriesStyle } from '../../parts/series-style.tsx';
import { texts } from '../../texts.ts';

const words = texts.evaluationDetail.calibration;
const HEIGHT = 270;
const MOST_SUMMED = 2;
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];
const percent = (value: number) => formatShare(value);
const decimals = (value: number) => value.toFixed(3);

export interface Calibrated {
  label: string;
  distribution: ScoreDistribution;
  style?: SeriesStyle;
}

interface CalibrationChartProps {
  title?: string;
  /** Of which all are probabilities. */
  of: readonly Calibrated[];
}

export function CalibrationChart({ title = words.title, of }: CalibrationChartProps) {
  const series = of.map(({ label, distribution, style }, at) => ({
    label,
    style: style ?? seriesStyle(at),
    width: lineWidth(at, of.length),
    points: pointsOf(distribution, of.length === 1, lineWidth(at, of.length) / 2 - 1),
  }));
  const summary = of.length <= MOST_SUMMED ? summaryOf(of) : '';
  const axis = (label: string) => ({ label, domain: [0, 1] as [number, number], ticks: TICKS, format: percent });
  return (
    <ChartFrame
      order={of.length === 1 ? 2 : 3}
      title={title}
      hint={words.hint}
      {...(summary ? { summary } : {})}
      data={{
        columns: { of: texts.charts.figure, predicted: words.predicted, observed: words.observed, rows: words.rows },
        rows: of.flatMap(({ label, distribution }) =>
          filledBins(distribution).map(({ meanScore, liked, rows }) => ({
            of: label,
            predicted: meanScore,
            observed: liked / rows,
            rows,
          })),
        ),
        format: { predicted: decimals, observed: decimals, rows: formatNumber },
      }}
      legend={of.length > 1 ? series.map(({ label, style }) => ({ label, color: style.color })) : []}
    >
      <PointChart height={HEIGHT} x={axis(words.predicted)} y={axis(words.observed)} series={series} diagonal />
      {of.length > 1 && <ChartLegend entries={series} />}
    </ChartFrame>
  );
}

/** Of more than one each by its name. */
function summaryOf(of: readonly Calibrated[]): string {
  const told = of.flatMap(({ label, distribution: { calibration } }) => {
    if (!calibration) return [];
    const summary = words.summary(decimals(calibration.ece), decimals(calibration.brier));
    return of.length === 1 ? summary : words.summaryOf(label, summary);
  });
  return told.join(' ');
}

function filledBins({ bins }: ScoreDistribution) {
  return bins.flatMap(({ liked, disliked, meanScore }) =>
    meanScore === null ? [] : [{ meanScore, liked, rows: liked + disliked }],
  );
}

/** Intervals of several would hide one another. */
function pointsOf(distribution: ScoreDistribution, withIntervals: boolean, larger: number): ChartPoint[] {
  const most = Math.max(...filledBins(distribution).map(({ rows }) => rows));
  return filledBins(distribution).map(({ meanScore, liked, rows }) => ({
    x: meanScore,
    y: liked / rows,
    ...(withIntervals ? shareInterval(liked, rows) : {}),
    // By its area as many as it stands for.
    size: larger + 2 + 4 * Math.sqrt(rows / most),
    note: `${percent(meanScore)} → ${percent(liked / rows)}, ${words.rows}: ${formatNumber(rows)}`,
  }));
}

// How scores are spread: what was liked upwards, what was not downwards.
import { BarChart } from '@mantine/charts';
import type { ScoreDistribution } from '@tallrec/shared/wire/evaluations';
import { ChartFrame } from '../../parts/chart-frame.tsx';
import { ChartLegend } from '../../parts/chart-legend.tsx';
import { formatNumber } from '../../parts/formats.tsx';
import { DISLIKED_STYLE, LIKED_STYLE } from '../../parts/series-style.tsx';
import { texts } from '../../texts.ts';

const words = texts.evaluationDetail.distribution;
export const DISTRIBUTION_LEGEND = [
  { label: words.liked, style: LIKED_STYLE, kind: 'bar' },
  { label: words.disliked, style: DISLIKED_STYLE, kind: 'bar' },
] as const;

interface DistributionChartProps {
  title?: string;
  distribution: ScoreDistribution;
  /** Beside others of its kind it does without words and legend of its own. */
  small?: boolean;
}

export function DistributionChart({ title = words.title, distribution, small = false }: DistributionChartProps) {
  const { scale, low, high, bins } = distribution;
  const width = (high - low) / bins.length;
  const edge = (at: number) => low + at * width;
  const format = edgeFormat(scale, width);
  const data = bins.map(({ liked, disliked }, at) => ({
    middle: edge(at + 0.5),
    range: `${format(edge(at))} – ${format(edge(at + 1))}`,
    liked,
    disliked: -disliked,
  }));
  const most = roundUp(Math.max(1, ...bins.flatMap(({ liked, disliked }) => [liked, disliked])));
  const hint = scale === 'probability' ? words.hint : words.rawHint;
  return (
    <ChartFrame
      order={small ? 3 : 2}
      title={title}
      {...(small ? {} : { hint })}
      data={{
        columns: words.columns,
        rows: bins.map(({ liked, disliked }, at) => ({ from: edge(at), to: edge(at + 1), liked, disliked })),
        format: { from: format, to: format, liked: formatNumber, disliked: formatNumber },
      }}
      legend={DISTRIBUTION_LEGEND.map(({ label, style }) => ({ label, color: style.color }))}
    >
      <BarChart
        h={small ? 180 : 240}
        data={data}
        dataKey="range"
        type="stacked"
        series={DISTRIBUTION_LEGEND.map(({ label, style }, at) => ({
          name: at === 0 ? 'liked' : 'disliked',
          label,
          color: style.color,
        }))}
        valueFormatter={(value) => formatNumber(Math.abs(value))}
        barProps={{ isAnimationActive: false }}
        barChartProps={{
          stackOffset: 'sign',
          barCategoryGap: 1,
          accessibilityLayer: false,
          margin: { top: 8, bottom: 30 },
        }}
        xAxisProps={{ tickFormatter: (range: string) => range.split(' – ')[0]!, interval: 3 }}
        xAxisLabel={words.axis[scale]}
        yAxisProps={{ domain: [-most, most], ticks: [-most, -most / 2, 0, most / 2, most], width: 44 }}
        referenceLines={[{ y: 0, color: 'var(--mantine-color-dimmed)' }]}
      />
      {!small && <ChartLegend entries={DISTRIBUTION_LEGEND} />}
    </ChartFrame>
  );
}

const ROUND = [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10];

/** To a round number whose half is whole. */
function roundUp(count: number): number {
  const unit = 10 ** Math.floor(Math.log10(count));
  return ROUND.map((factor) => factor * unit).find((round) => round >= count && round % 2 === 0) ?? 2 * count;
}

function edgeFormat(scale: ScoreDistribution['scale'], width: number): (value: number) => string {
  if (scale === 'probability') return (value) => value.toFixed(2);
  const decimals = width >= 1 || width === 0 ? 0 : Math.min(4, Math.ceil(-Math.log10(width)) + 1);
  return (value) => value.toFixed(decimals);
}

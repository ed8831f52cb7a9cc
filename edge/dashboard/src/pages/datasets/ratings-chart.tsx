// How often each rating was given, the likes dark.
import { BarChart } from '@mantine/charts';
import type { DatasetProfile } from '@tallrec/shared/wire/datasets';
import { ChartFrame } from '../../parts/chart-frame.tsx';
import { formatNumber, formatShare } from '../../parts/formats.tsx';
import { DISLIKED_STYLE, LIKED_STYLE } from '../../parts/series-style.tsx';
import { texts } from '../../texts.ts';
import { countText, rangeText } from './bin-chart.tsx';

const words = texts.datasetDetail.pictures.ratings;
const SERIES = [
  { name: 'liked', label: words.columns.liked, color: LIKED_STYLE.color },
  { name: 'disliked', label: words.columns.disliked, color: DISLIKED_STYLE.color },
];

export function RatingsChart({ ratings }: { ratings: NonNullable<DatasetProfile['ratings']> }) {
  const rows = ratings.map(({ liked, count, ...range }) => ({
    rating: rangeText(range),
    liked: liked ? count : 0,
    disliked: liked ? 0 : count,
  }));
  const all = ratings.reduce((sum, { count }) => sum + count, 0);
  const likes = rows.reduce((sum, { liked }) => sum + liked, 0);
  return (
    <ChartFrame
      title={words.title}
      hint={words.hint}
      summary={words.summary(formatShare(all === 0 ? 0 : likes / all))}
      data={{ columns: words.columns, rows, format: { liked: formatNumber, disliked: formatNumber } }}
      legend={SERIES}
    >
      <BarChart
        h={200}
        data={rows}
        dataKey="rating"
        type="stacked"
        series={SERIES}
        valueFormatter={formatNumber}
        barProps={{ isAnimationActive: false }}
        barChartProps={{ accessibilityLayer: false, barCategoryGap: 2 }}
        withLegend
        legendProps={{ verticalAlign: 'bottom', height: 32 }}
        yAxisProps={{ width: 48, tickFormatter: countText, allowDecimals: false }}
      />
    </ChartFrame>
  );
}

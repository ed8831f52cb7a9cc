// How many things there are of each size.
import { BarChart } from '@mantine/charts';
import type { DatasetProfile } from '@tallrec/shared/wire/datasets';
import { ChartFrame } from '../../parts/chart-frame.tsx';
import { formatCompact, formatNumber } from '../../parts/formats.tsx';
import { seriesStyle } from '../../parts/series-style.tsx';
import { texts } from '../../texts.ts';

type Bin = NonNullable<DatasetProfile['itemRows']>[number];

/** On an axis. */
export const countText = (count: number) => (count < 10_000 ? formatNumber(count) : formatCompact(count));

/** From and up to and including. */
export function rangeText({ from, to }: Pick<Bin, 'from' | 'to'>): string {
  return from === to ? formatNumber(from) : texts.datasetDetail.pictures.range(formatNumber(from), formatNumber(to));
}

/** Each range has its label, and none runs into the next. */
const RANGES = { interval: 0, fontSize: 10 } as const;

interface BinChartProps {
  bins: readonly Bin[];
  title: string;
  hint: string;
  columns: { size: string; count: string };
}

export function BinChart({ bins, title, hint, columns }: BinChartProps) {
  const first = bins.findIndex(({ count }) => count > 0);
  const rows = bins.slice(Math.max(0, first)).map((bin) => ({ size: rangeText(bin), count: bin.count }));
  return (
    <ChartFrame title={title} hint={hint} data={{ columns, rows, format: { count: formatNumber } }}>
      <BarChart
        h={200}
        data={rows}
        dataKey="size"
        series={[{ name: 'count', label: columns.count, color: seriesStyle(0).color }]}
        valueFormatter={formatNumber}
        barProps={{ isAnimationActive: false }}
        barChartProps={{ accessibilityLayer: false, barCategoryGap: 2 }}
        xAxisLabel={columns.size}
        xAxisProps={RANGES}
        yAxisProps={{ width: 48, tickFormatter: countText, allowDecimals: false }}
      />
    </ChartFrame>
  );
}

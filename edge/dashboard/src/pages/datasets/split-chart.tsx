// Which examples are learned from, which judge and which test: one bar, in the order in which they are taken.
import { BarChart } from '@mantine/charts';
import { ColorSwatch, Group, SimpleGrid, Text } from '@mantine/core';
import '@mantine/core/styles/ColorSwatch.css';
import type { DatasetProfile } from '@tallrec/shared/wire/datasets';
import { ChartFrame } from '../../parts/chart-frame.tsx';
import { formatNumber, formatShare } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';

const words = texts.datasetDetail.pictures.split;
type Split = NonNullable<DatasetProfile['split']>;

/** In the order of the samples. */
const PARTS = [
  { name: 'unused', color: 'gray.6' },
  { name: 'train', color: 'blue.7' },
  { name: 'valid', color: 'teal.6' },
  { name: 'test', color: 'orange.6' },
] as const satisfies readonly { name: keyof Split; color: string }[];
const cssColor = (color: string) => `var(--mantine-color-${color.replace('.', '-')})`;

export function SplitChart({ split }: { split: Split }) {
  const all = PARTS.reduce((sum, { name }) => sum + split[name], 0);
  const parts = PARTS.map(({ name, color }) => ({
    part: words[name],
    name,
    color,
    count: split[name],
    share: all === 0 ? 0 : split[name] / all,
  })).filter(({ name, count }) => count > 0 || name !== 'unused');
  if (all === 0) return <Text c="dimmed">{words.none}</Text>;
  return (
    <ChartFrame
      title={words.title}
      hint={words.hint}
      data={{
        columns: words.columns,
        rows: parts.map(({ part, count, share }) => ({ part, count, share })),
        format: { count: formatNumber, share: formatShare },
      }}
      legend={parts.map(({ part, color }) => ({ label: part, color: cssColor(color) }))}
    >
      <BarChart
        h={44}
        data={[{ all: '', ...split }]}
        dataKey="all"
        orientation="vertical"
        type="stacked"
        series={parts.map(({ name, part, color }) => ({ name, label: part, color }))}
        valueFormatter={formatNumber}
        barProps={{ isAnimationActive: false }}
        barChartProps={{
          accessibilityLayer: false,
          barCategoryGap: 0,
          margin: { left: 0, right: 0, top: 0, bottom: 0 },
        }}
        withXAxis={false}
        withYAxis={false}
        gridAxis="none"
        xAxisProps={{ domain: [0, all], type: 'number' }}
      />
      <SimpleGrid cols={{ base: 1, xs: 2, md: parts.length }} spacing="sm" mt="sm">
        {parts.map(({ name, part, color, count, share }) => (
          <Group key={name} gap="xs" wrap="nowrap" align="flex-start">
            <ColorSwatch size={14} mt={4} color={cssColor(color)} withShadow={false} />
            <div>
              <Text fw={600}>
                {formatNumber(count)}{' '}
                <Text span size="sm" c="dimmed" fw={400}>
                  {formatShare(share)}
                </Text>
              </Text>
              <Text size="sm" c="dimmed">
                {part}
              </Text>
            </div>
          </Group>
        ))}
      </SimpleGrid>
    </ChartFrame>
  );
}

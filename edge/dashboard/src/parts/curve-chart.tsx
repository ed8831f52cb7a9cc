// One curve over the steps of a job, as a chart or, for those who read it, as a table.
import '@mantine/charts/styles.css';
import { LineChart } from '@mantine/charts';
import { Button, Group, Paper, Stack, Table, Text, Title } from '@mantine/core';
import { downsample } from '@tallrec/shared/downsample';
import { useState } from 'react';
import { texts } from '../texts.ts';
import { formatNumber } from './formats.tsx';
import { TableHead } from './table-head.tsx';

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
  /** A value to compare with, and what it is. */
  reference?: { value: number; label: string };
}

const TABLE_ROWS = 40;
const words = texts.tunings.detail;
const heightOf = ({ value }: CurvePoint) => value ?? 0;

export function CurveChart({ title, hint, points, format, reference }: CurveChartProps) {
  const [asTable, setAsTable] = useState(false);
  const last = points.findLast(({ value }) => value !== null);
  const latest = last ? words.latest(format(last.value!), formatNumber(last.step)) : '';
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Title order={3} size="h5">
            {title}
          </Title>
          <Button size="compact-xs" variant="default" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? words.asChart : words.asTable}
          </Button>
        </Group>
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
        {asTable ? (
          <CurveTable title={title} points={points} format={format} />
        ) : (
          <div role="img" aria-label={`${title}: ${latest}`}>
            <LineChart
              h={200}
              data={[...points]}
              dataKey="step"
              series={[{ name: 'value', label: title, color: 'blue.6' }]}
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
              yAxisProps={{ domain: domainFor(reference), width: 64 }}
              lineProps={{ isAnimationActive: false }}
              {...(reference ? { referenceLines: [lineAt(reference, points)] } : {})}
            />
          </div>
        )}
        <Text size="xs" c="dimmed">
          {latest}
        </Text>
      </Stack>
    </Paper>
  );
}

type Reference = NonNullable<CurveChartProps['reference']>;

/** What is compared with is always in sight. */
function domainFor(reference: Reference | undefined) {
  if (!reference) return ['auto', 'auto'] as ['auto', 'auto'];
  const { value } = reference;
  return [(least: number) => Math.min(least, value), (most: number) => Math.max(most, value)] as [
    (least: number) => number,
    (most: number) => number,
  ];
}

/** Its name stands on the side where the curve leaves room for it. */
function lineAt({ value, label }: Reference, points: CurveChartProps['points']) {
  const above = points.some((point) => point.value !== null && point.value > value);
  const labelPosition = above ? 'insideBottomRight' : 'insideTopRight';
  return { y: value, label, color: 'gray.6', labelPosition } as const;
}

function CurveTable({ title, points, format }: Pick<CurveChartProps, 'title' | 'points' | 'format'>) {
  return (
    <Table.ScrollContainer minWidth={240} maxHeight={240}>
      <Table stickyHeader verticalSpacing={2} aria-label={title}>
        <TableHead columns={{ step: words.step, value: title }} />
        <Table.Tbody>
          {downsample(points, TABLE_ROWS, heightOf).map(({ step, value }) => (
            <Table.Tr key={step}>
              <Table.Td>{formatNumber(step)}</Table.Td>
              <Table.Td>{value === null ? texts.common.none : format(value)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

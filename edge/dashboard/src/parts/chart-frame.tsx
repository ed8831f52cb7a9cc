// Around every chart: what it shows, the same as a table for those who read it, and the way to take it along.
import '@mantine/charts/styles.css';
import { Button, Group, Menu, Paper, Stack, Table, Text, Title } from '@mantine/core';
import { type ReactNode, useRef, useState } from 'react';
import { texts } from '../texts.ts';
import type { ChartCell, ChartData } from './chart-data.ts';
import { downloadFile } from './download-file.ts';
import { formatNumber } from './formats.tsx';
import { TableHead } from './table-head.tsx';

const words = texts.charts;
/** Of more rows the table shows the first, and the file has all. */
const TABLE_ROWS = 200;

export interface ChartFrameProps<C extends string> {
  title: string;
  /** One sentence on how to read it. */
  hint?: string;
  /** What it says in one line, under it and for those who do not see it. */
  summary?: string;
  data: ChartData<C>;
  /** In the picture that is taken along, where the page has none in its chart. `color` is any CSS colour. */
  legend?: readonly { label: string; color: string }[];
  /** Of its heading: 3 below a section's own. */
  order?: 2 | 3;
  /** The chart: one SVG. */
  children: ReactNode;
}

export function ChartFrame<C extends string>({
  title,
  hint,
  summary,
  data,
  legend,
  order = 3,
  children,
}: ChartFrameProps<C>) {
  const [asTable, setAsTable] = useState(false);
  const chart = useRef<HTMLDivElement>(null);
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Title order={order} size="h5">
            {title}
          </Title>
          <Group gap={4} wrap="nowrap">
            <Button size="compact-xs" variant="default" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
              {words.table}
            </Button>
            <SaveMenu title={title} data={data} legend={legend ?? []} chart={() => chart.current} pictures={!asTable} />
          </Group>
        </Group>
        {hint && (
          <Text size="xs" c="dimmed">
            {hint}
          </Text>
        )}
        {asTable ? (
          <ChartTable title={title} data={data} />
        ) : (
          <div ref={chart} role="img" aria-label={summary ? `${title}: ${summary}` : title}>
            {children}
          </div>
        )}
        {summary && (
          <Text size="xs" c="dimmed">
            {summary}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

interface SaveMenuProps<C extends string> {
  title: string;
  data: ChartData<C>;
  legend: readonly { label: string; color: string }[];
  chart: () => HTMLElement | null;
  pictures: boolean;
}

function SaveMenu<C extends string>({ title, data, legend, chart, pictures }: SaveMenuProps<C>) {
  const name = fileName(title);
  const picture = async (kind: 'svg' | 'png') => {
    const { chartPicture } = await import('./chart-picture.ts');
    downloadFile(`${name}.${kind}`, await chartPicture(kind, chart()!, { title, legend }));
  };
  const csv = async () => {
    const { tableCsv } = await import('./table-csv.ts');
    downloadFile(`${name}.csv`, tableCsv(data));
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button size="compact-xs" variant="default" aria-label={words.saveNamed(title)}>
          {words.save}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={!pictures} onClick={() => picture('svg')}>
          {words.svg}
        </Menu.Item>
        <Menu.Item disabled={!pictures} onClick={() => picture('png')}>
          {words.png}
        </Menu.Item>
        <Menu.Item onClick={csv}>{words.csv}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function ChartTable<C extends string>({ title, data }: { title: string; data: ChartData<C> }) {
  const { columns, rows, format = {} } = data as ChartData;
  const shown = rows.slice(0, TABLE_ROWS);
  const cellText = (column: string, value: ChartCell) =>
    value === null ? texts.common.none : typeof value === 'number' ? (format[column] ?? String)(value) : value;
  return (
    <Table.ScrollContainer minWidth={240} maxHeight={280}>
      <Table stickyHeader verticalSpacing={2} aria-label={title}>
        <TableHead columns={columns} />
        <Table.Tbody>
          {shown.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a chart have no other name
            <Table.Tr key={at}>
              {Object.keys(columns).map((column) => (
                <Table.Td key={column}>{cellText(column, row[column] ?? null)}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
        {rows.length > shown.length && (
          <Table.Caption>{words.more(formatNumber(rows.length - shown.length))}</Table.Caption>
        )}
      </Table>
    </Table.ScrollContainer>
  );
}

const fileName = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '') || 'chart';

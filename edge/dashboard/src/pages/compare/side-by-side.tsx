// One table: a column a run, first the settings that differ, then the figures, then the settings that are the same.
import { Button, Group, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { LegendSample } from '../../parts/chart-legend.tsx';
import { formatNumber } from '../../parts/formats.tsx';
import { JobBadge } from '../../parts/job-badge.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { STICKY_COLUMN } from '../../parts/sticky-column.ts';
import { texts } from '../../texts.ts';
import { type SettingRow, settingRows } from './differences.ts';
import { useFigures } from './figures.tsx';
import type { ShownRun } from './shown-run.ts';

const words = texts.compare;
const LABELS_WIDTH = 160;
const COLUMN_WIDTH = 170;

export function SideBySide({ shown }: { shown: readonly ShownRun[] }) {
  const [allShown, { toggle }] = useDisclosure(false);
  const rows = settingRows(shown.map(({ settings }) => settings));
  const differing = rows.filter(({ differs }) => differs);
  const same = rows.filter(({ differs }) => !differs);
  const figures = useFigures(shown);
  const columns = shown.length + 1;
  return (
    <Panel title={words.table.title}>
      <Table.ScrollContainer minWidth={LABELS_WIDTH + COLUMN_WIDTH * shown.length}>
        <Table aria-label={words.table.title} verticalSpacing={6} withRowBorders layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col" w={LABELS_WIDTH} style={{ ...STICKY_COLUMN, verticalAlign: 'top' }}>
                {words.table.setting}
              </Table.Th>
              {shown.map((one) => (
                <Table.Th key={one.run.id} scope="col" style={{ verticalAlign: 'top' }}>
                  <RunName shown={one} />
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            <Heading columns={columns}>{differing.length > 0 ? words.table.differs : words.table.allSame}</Heading>
            {differing.map((row) => (
              <SettingCells key={row.key} row={row} shown={shown} />
            ))}
            <Heading columns={columns}>{words.table.figures}</Heading>
            <Row label={words.figures.state}>
              {shown.map(({ run }) => (
                <Table.Td key={run.id}>
                  <JobBadge {...run} />
                </Table.Td>
              ))}
            </Row>
            {figures.map(({ label, values }) => (
              <Row key={label} label={label}>
                {values.map((value, at) => (
                  <Table.Td key={shown[at]!.run.id}>{value}</Table.Td>
                ))}
              </Row>
            ))}
            {allShown && (
              <>
                <Heading columns={columns}>{words.table.sameTitle}</Heading>
                {same.map((row) => (
                  <SettingCells key={row.key} row={row} shown={shown} />
                ))}
              </>
            )}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {same.length > 0 && (
        <Button size="xs" variant="default" mt="sm" onClick={toggle} aria-expanded={allShown}>
          {allShown ? words.table.hideSame : words.table.same(formatNumber(same.length))}
        </Button>
      )}
    </Panel>
  );
}

function RunName({ shown: { run, style } }: { shown: ShownRun }) {
  const { id, name, tuning, kind } = run;
  const link =
    kind === 'tuning' && tuning ? (
      <LinkAnchor to="/tunings/$id" params={{ id }}>
        {name}
      </LinkAnchor>
    ) : (
      <LinkAnchor to="/evaluations/$id" params={{ id }}>
        {name}
      </LinkAnchor>
    );
  return (
    <Group gap={6} wrap="nowrap" align="center">
      <LegendSample style={style} />
      <Text span size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
        {link}
      </Text>
    </Group>
  );
}

function Heading({ columns, children }: { columns: number; children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th scope="colgroup" colSpan={columns} pt="md">
        <Text size="xs" fw={700} c="dimmed" pos="sticky" left={10} w="max-content">
          {children}
        </Text>
      </Table.Th>
    </Table.Tr>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400} c="dimmed" style={STICKY_COLUMN}>
        {label}
      </Table.Th>
      {children}
    </Table.Tr>
  );
}

function SettingCells({ row: { label, values, differs }, shown }: { row: SettingRow; shown: readonly ShownRun[] }) {
  return (
    <Row label={label}>
      {shown.map(({ run }, at) => {
        const value = values[at] ?? null;
        const mark = differs && value !== null ? { bg: 'var(--mantine-color-blue-light)', fw: 600 } : {};
        return (
          <Table.Td key={run.id} style={{ overflowWrap: 'anywhere' }} {...mark}>
            {value ?? texts.common.none}
          </Table.Td>
        );
      })}
    </Row>
  );
}

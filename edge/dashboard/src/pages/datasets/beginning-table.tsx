// The first rows of the file as they stand in it, and what each column is taken for.
import { Badge, Table, Text } from '@mantine/core';
import type { Column } from '@tallrec/shared/rows/columns/columns';
import type { RowError } from '@tallrec/shared/wire/datasets';
import { formatNumber } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import type { Look } from './beginning.ts';

const words = texts.datasetForm.columns;
const SHOWN_ROWS = 6;
const MOST_CHARACTERS = 80;

interface BeginningTableProps {
  look: Look;
  /** What each of ours is called in the file; null where the kind has no columns. */
  names: Partial<Record<Column, string>> | null;
  /** Of these rows, or of others. */
  errors: readonly RowError[];
}

export function BeginningTable({ look: { header, rows }, names, errors }: BeginningTableProps) {
  const meaningsOf = (name: string) =>
    (Object.keys(names ?? {}) as Column[]).filter((column) => names?.[column] === name);
  const problemAt = (line: number, name: string) =>
    errors.find((error) => error.line === line && error.column === name)?.problem;
  return (
    <Table.ScrollContainer minWidth={Math.max(320, header.length * 130)}>
      <Table verticalSpacing={6} withColumnBorders aria-label={words.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col" c="dimmed">
              {words.line}
            </Table.Th>
            {header.map((name, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a header may name two columns alike
              <Table.Th key={at} scope="col">
                <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                  {name}
                </Text>
                {names && <Meaning columns={meaningsOf(name)} />}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.slice(0, SHOWN_ROWS).map(({ line, cells }) => (
            <Table.Tr key={line}>
              <Table.Td c="dimmed">{formatNumber(line)}</Table.Td>
              {cells.map((cell, at) => (
                <Cell
                  // biome-ignore lint/suspicious/noArrayIndexKey: cells have their places alone
                  key={at}
                  text={cell}
                  used={!names || meaningsOf(header[at] ?? '').length > 0}
                  problem={problemAt(line, header[at] ?? '')}
                />
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Cell({ text, used, problem }: { text: string; used: boolean; problem: string | undefined }) {
  const color = problem ? 'error' : used ? 'text' : 'dimmed';
  return (
    <Table.Td
      c={`var(--mantine-color-${color})`}
      {...(problem ? { bg: 'var(--mantine-color-red-light)', title: problem } : {})}
      style={{ overflowWrap: 'anywhere' }}
    >
      {text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text}
    </Table.Td>
  );
}

function Meaning({ columns }: { columns: readonly Column[] }) {
  if (columns.length === 0) {
    return (
      <Text size="xs" c="dimmed" fw={400}>
        {words.unused}
      </Text>
    );
  }
  return columns.map((column) => (
    <Badge key={column} size="sm" mr={4}>
      {texts.datasets.columnNames[column]}
    </Badge>
  ));
}

// What is wrong with rows of a file: where, what, and how to mend it.
import { Code, Table } from '@mantine/core';
import type { RowError } from '@tallrec/shared/wire/datasets';
import { formatNumber } from '../../parts/formats.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { texts } from '../../texts.ts';

const words = texts.datasetDetail.refused;

export function RowErrorsTable({ errors }: { errors: readonly RowError[] }) {
  return (
    <Table.ScrollContainer minWidth={640} maxHeight={480}>
      <Table stickyHeader verticalSpacing="xs" aria-label={words.table}>
        <TableHead columns={words.columns} />
        <Table.Tbody style={{ verticalAlign: 'top' }}>
          {errors.map(({ line, column, problem, fix }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: several may be of one line and column
            <Table.Tr key={at}>
              <Table.Td>{formatNumber(line)}</Table.Td>
              <Table.Td>{column === null ? texts.common.none : <Code>{column}</Code>}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{problem}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{fix}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

// The labels of a table's columns.
import { Table } from '@mantine/core';

interface TableHeadProps<C extends string> {
  columns: Record<C, string>;
  /** What is said of a column to those who point at it. */
  hints?: Partial<Record<C, string>>;
}

export function TableHead<C extends string>({ columns, hints = {} }: TableHeadProps<C>) {
  return (
    <Table.Thead>
      <Table.Tr>
        {(Object.keys(columns) as C[]).map((column) => (
          <Table.Th key={column} scope="col" title={hints[column]}>
            {columns[column]}
          </Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
  );
}

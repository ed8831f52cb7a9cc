// The labels of a table's columns.
import { Table, VisuallyHidden } from '@mantine/core';

interface TableHeadProps<C extends string> {
  columns: Record<C, string>;
  /** What is said of a column to those who point at it. */
  hints?: Partial<Record<NoInfer<C>, string>>;
  /** Columns whose label is for those alone who do not see the table. */
  unseen?: readonly NoInfer<C>[];
}

export function TableHead<C extends string>({ columns, hints = {}, unseen = [] }: TableHeadProps<C>) {
  return (
    <Table.Thead>
      <Table.Tr>
        {(Object.keys(columns) as C[]).map((column) => (
          <Table.Th key={column} scope="col" title={hints[column]}>
            {unseen.includes(column) ? <VisuallyHidden>{columns[column]}</VisuallyHidden> : columns[column]}
          </Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
  );
}

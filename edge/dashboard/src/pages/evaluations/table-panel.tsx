// A section of a report that is one table, with a sentence on how to read it.
import { Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Panel } from '../../parts/panel.tsx';
import { TableHead } from '../../parts/table-head.tsx';

interface TablePanelProps {
  words: { title: string; hint: string; columns: Record<string, string> };
  /** Narrower than this the table scrolls by itself. */
  minWidth: number;
  /** Its rows. */
  children: ReactNode;
}

export function TablePanel({ words: { title, hint, columns }, minWidth, children }: TablePanelProps) {
  return (
    <Panel title={title}>
      <Text size="sm" mb="sm">
        {hint}
      </Text>
      <Table.ScrollContainer minWidth={minWidth}>
        <Table>
          <TableHead columns={columns} />
          <Table.Tbody>{children}</Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

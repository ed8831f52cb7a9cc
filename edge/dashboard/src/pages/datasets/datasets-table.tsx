// The table of datasets.
import { Table, Text } from '@mantine/core';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { formatBytes, formatNumber, Time } from '../../parts/formats.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { texts } from '../../texts.ts';
import { DatasetBadge } from './dataset-badge.tsx';

const words = texts.datasets;

export function DatasetsTable({ datasets }: { datasets: readonly Dataset[] }) {
  return (
    <Table.ScrollContainer minWidth={760}>
      <Table verticalSpacing="sm" highlightOnHover aria-label={words.title}>
        <TableHead columns={words.columns} />
        <Table.Tbody>
          {datasets.map(({ id, name, state, kind, format, stats, bytes, createdAt }) => (
            <Table.Tr key={id}>
              <Table.Th scope="row" fw={500}>
                <LinkAnchor to="/datasets/$id" params={{ id }} style={{ overflowWrap: 'anywhere' }}>
                  {name}
                </LinkAnchor>
              </Table.Th>
              <Table.Td>
                <DatasetBadge id={id} state={state} />
              </Table.Td>
              <Table.Td>
                {words.kinds[kind]}{' '}
                <Text span size="sm" c="dimmed">
                  {words.formats[format]}
                </Text>
              </Table.Td>
              <Table.Td>{stats && state === 'ready' ? formatNumber(stats.rows) : texts.common.none}</Table.Td>
              <Table.Td>{formatBytes(bytes)}</Table.Td>
              <Table.Td>
                <Time at={createdAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

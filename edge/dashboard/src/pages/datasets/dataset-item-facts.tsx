// The first of a dataset's facts about items, the most rated in front.
import { Stack, Table, Text } from '@mantine/core';
import type { DatasetItems } from '@tallrec/shared/wire/datasets';
import { useQuery } from '@tanstack/react-query';
import { formatNumber } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { itemsQuery } from '../../queries/histories.ts';
import { texts } from '../../texts.ts';

const words = texts.datasetDetail.itemFacts;
const SHOWN = 20;

export function DatasetItemFacts({ id }: { id: string }) {
  const query = useQuery(itemsQuery(id, ''));
  return (
    <Panel title={words.title}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {words.lead}
        </Text>
        <QueryView query={query}>{(found) => <ItemsTable {...found} />}</QueryView>
      </Stack>
    </Panel>
  );
}

function ItemsTable({ items, total }: DatasetItems) {
  const shown = items.slice(0, SHOWN);
  return (
    <Stack gap="xs">
      <Table.ScrollContainer minWidth={420}>
        <Table aria-label={words.title}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.columns.title}</Table.Th>
              <Table.Th>{words.columns.by}</Table.Th>
              <Table.Th ta="right">{words.columns.likes}</Table.Th>
              <Table.Th ta="right">{words.columns.ratings}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map(({ id, title, by, likes = 0, ratings = 0 }) => (
              <Table.Tr key={`${id} ${title} ${by}`}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{title}</Table.Td>
                <Table.Td>{by}</Table.Td>
                <Table.Td ta="right">{formatNumber(likes)}</Table.Td>
                <Table.Td ta="right">{formatNumber(ratings)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {shown.length < total && (
        <Text size="sm" c="dimmed">
          {words.more(formatNumber(shown.length), formatNumber(total))}
        </Text>
      )}
    </Stack>
  );
}

// The table of adapters.
import { Code, Group, Stack, Table, Text } from '@mantine/core';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useQuery } from '@tanstack/react-query';
import { formatAuc, formatNumber, shortHash, Time } from '../../parts/formats.tsx';
import { LinkAnchor, LinkBadge } from '../../parts/links.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { newestTuningsQuery } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';

const words = texts.adapters;

export function AdaptersTable({ adapters }: { adapters: readonly Adapter[] }) {
  const { data } = useQuery(newestTuningsQuery);
  const tuningOf = (adapter: Adapter) => data?.items.find(({ id }) => id === adapter.tuning);
  return (
    <Table.ScrollContainer minWidth={820}>
      <Table verticalSpacing="sm" highlightOnHover aria-label={words.title}>
        <TableHead columns={words.columns} hints={{ auc: words.aucHint }} />
        <Table.Tbody>
          {adapters.map((adapter) => (
            <AdapterRow key={adapter.id} adapter={adapter} tuning={tuningOf(adapter)} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function AdapterRow({ adapter, tuning }: { adapter: Adapter; tuning: Tuning | undefined }) {
  const { id, name, model, metrics, createdAt } = adapter;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        <Stack gap={2} align="flex-start">
          <LinkAnchor to="/adapters/$id" params={{ id }}>
            {name}
          </LinkAnchor>
          <Code>{shortHash(id)}</Code>
        </Stack>
      </Table.Th>
      <Table.Td>
        <AliasBadges aliases={adapter.aliases} />
      </Table.Td>
      <Table.Td>
        <Origin adapter={adapter} tuning={tuning} />
      </Table.Td>
      <Table.Td>{model}</Table.Td>
      <Table.Td>{formatAuc(metrics?.validAuc ?? null)}</Table.Td>
      <Table.Td>
        <Time at={createdAt} />
      </Table.Td>
    </Table.Tr>
  );
}

export function AliasBadges({ aliases }: Pick<Adapter, 'aliases'>) {
  return (
    <Group gap={4}>
      {aliases.map((alias) => (
        <LinkBadge key={alias} to="/aliases/$alias" params={{ alias }} color="green">
          {alias}
        </LinkBadge>
      ))}
    </Group>
  );
}

function Origin({ adapter, tuning }: { adapter: Adapter; tuning: Tuning | undefined }) {
  if (adapter.tuning === null) return words.imported;
  return (
    <Stack gap={2} align="flex-start">
      <LinkAnchor to="/tunings/$id" params={{ id: adapter.tuning }}>
        {tuning?.name ?? adapter.tuning}
      </LinkAnchor>
      {tuning && (
        <Text size="xs" c="dimmed">
          {shotsOf(tuning)}
        </Text>
      )}
    </Stack>
  );
}

function shotsOf({ settings: { shots, seed } }: Tuning): string {
  const drawn = formatNumber(seed);
  return shots === undefined ? words.allRows(drawn) : words.shots(formatNumber(shots), drawn);
}

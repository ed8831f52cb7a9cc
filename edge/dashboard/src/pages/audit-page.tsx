// Who did what in the workspace, newest first, of one thing or one actor if asked.
import { Group, Select, Stack, Table, Text } from '@mantine/core';
import type { AuditEntry } from '@tallrec/shared/wire/audit';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Empty } from '../parts/empty.tsx';
import { Time } from '../parts/formats.tsx';
import { Page } from '../parts/page.tsx';
import { PagedList } from '../parts/paged-list.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { Thing } from '../parts/thing.tsx';
import { auditQuery } from '../queries/audit.ts';
import { type KnownName, NAMED, type Named, useNames } from '../queries/names.ts';
import { texts } from '../texts.ts';
import { actionText, factsOf } from './audit-facts.ts';

const words = texts.audit;

type Names = ReadonlyMap<string, KnownName>;

export function AuditPage() {
  const filter = useSearch({ from: '/app/audit' });
  const query = useQuery(auditQuery(filter));
  const names = useNames();
  return (
    <Page title={words.title} lead={words.lead}>
      <Filters names={names} subject={filter.subject} actor={filter.actor} />
      <PagedList
        query={query}
        cursor={filter.cursor}
        empty={<Empty title={words.empty.title}>{words.empty.body}</Empty>}
      >
        {(entries) => <AuditTable entries={entries} names={names} />}
      </PagedList>
    </Page>
  );
}

interface FiltersProps {
  names: Names;
  subject: string | undefined;
  actor: string | undefined;
}

function Filters({ names, subject, actor }: FiltersProps) {
  const navigate = useNavigate();
  const { actors } = texts.things;
  const others = Object.entries(actors).map(([value, label]) => ({ value, label }));
  const go = (search: { subject?: string | undefined; actor?: string | undefined }) =>
    navigate({ to: '/audit', search: { subject, actor, ...search } });
  return (
    <search aria-label={words.filters.label}>
      <Group align="flex-end">
        <Select
          w={300}
          label={words.filters.actor}
          placeholder={words.filters.anyone}
          searchable
          clearable
          data={[...optionsOf(names, ['keys', 'nodes'], actor), { group: words.filters.others, items: others }]}
          value={actor ?? null}
          onChange={(value) => go({ actor: value ?? undefined })}
        />
        <Select
          w={300}
          label={words.filters.subject}
          placeholder={words.filters.anything}
          searchable
          clearable
          data={optionsOf(names, NAMED, subject)}
          value={subject ?? null}
          onChange={(value) => go({ subject: value ?? undefined })}
        />
      </Group>
    </search>
  );
}

/** By their kinds; what the address names is there too, known or not. */
function optionsOf(names: Names, kinds: readonly Named[], chosen: string | undefined) {
  const known = [...names.values()];
  const groups = kinds.map((kind) => ({
    group: texts.navigation[kind],
    items: known.filter((one) => one.kind === kind).map(({ id, name }) => ({ value: id, label: name })),
  }));
  const isThere = chosen === undefined || chosen in texts.things.actors || names.has(chosen);
  return isThere ? groups : [...groups, { group: chosen, items: [{ value: chosen, label: chosen }] }];
}

function AuditTable({ entries, names }: { entries: readonly AuditEntry[]; names: Names }) {
  return (
    <Table.ScrollContainer minWidth={820}>
      <Table verticalSpacing="xs" aria-label={words.title}>
        <TableHead columns={words.columns} />
        <Table.Tbody>
          {entries.map(({ id, at, actor, action, subject, details }) => (
            <Table.Tr key={id}>
              <Table.Td>
                <Time at={at} exact />
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <Thing id={actor} known={names.get(actor)} />
              </Table.Td>
              <Table.Td>{actionText(action)}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <Thing id={subject} known={names.get(subject)} />
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <Facts details={details} names={names} called={names.get(subject)?.name} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface FactsProps {
  details: AuditEntry['details'];
  names: Names;
  /** The name that stands beside it already. */
  called: string | undefined;
}

function Facts({ details: { name, ...rest }, names, called }: FactsProps) {
  const details = name === called ? rest : { name, ...rest };
  return (
    <Stack gap={2}>
      {factsOf(details).map(({ label, value }) => (
        <Text key={label} size="sm">
          <Text span inherit c="dimmed">
            {label}:
          </Text>{' '}
          <bdi>{names.get(value)?.name ?? value}</bdi>
        </Text>
      ))}
    </Stack>
  );
}

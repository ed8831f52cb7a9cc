// Who did what in the workspace, newest first, of one thing or one actor if asked.
import { Button, Code, Group, Table, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { AuditEntry } from '@tallrec/shared/wire/audit';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Empty } from '../parts/empty.tsx';
import { Time } from '../parts/formats.tsx';
import { LinkButton } from '../parts/links.tsx';
import { Page } from '../parts/page.tsx';
import { PagedList } from '../parts/paged-list.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { auditQuery } from '../queries/audit.ts';
import { texts } from '../texts.ts';

const words = texts.audit;

export function AuditPage() {
  const filter = useSearch({ from: '/app/audit' });
  const query = useQuery(auditQuery(filter));
  return (
    <Page title={words.title} lead={words.lead}>
      <Filters key={`${filter.subject} ${filter.actor}`} subject={filter.subject} actor={filter.actor} />
      <PagedList
        query={query}
        cursor={filter.cursor}
        empty={<Empty title={words.empty.title}>{words.empty.body}</Empty>}
      >
        {(entries) => <AuditTable entries={entries} />}
      </PagedList>
    </Page>
  );
}

function Filters({ subject = '', actor = '' }: { subject?: string | undefined; actor?: string | undefined }) {
  const navigate = useNavigate();
  const form = useForm({ mode: 'uncontrolled', initialValues: { subject, actor } });
  const submit = form.onSubmit((values) => {
    const search = { subject: values.subject.trim() || undefined, actor: values.actor.trim() || undefined };
    return navigate({ to: '/audit', search });
  });
  return (
    <search aria-label={words.filters.label}>
      <form onSubmit={submit}>
        <Group align="flex-end">
          <TextInput
            w={300}
            label={words.filters.subject}
            maxLength={200}
            key={form.key('subject')}
            {...form.getInputProps('subject')}
          />
          <TextInput
            w={300}
            label={words.filters.actor}
            maxLength={200}
            key={form.key('actor')}
            {...form.getInputProps('actor')}
          />
          <Button type="submit" variant="default">
            {words.filters.submit}
          </Button>
          {(subject !== '' || actor !== '') && (
            <LinkButton variant="subtle" to="/audit">
              {words.filters.clear}
            </LinkButton>
          )}
        </Group>
      </form>
    </search>
  );
}

function AuditTable({ entries }: { entries: readonly AuditEntry[] }) {
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
              <Table.Td>
                <Code>{actor}</Code>
              </Table.Td>
              <Table.Td>{action}</Table.Td>
              <Table.Td>
                <Code style={{ overflowWrap: 'anywhere' }}>{subject}</Code>
              </Table.Td>
              <Table.Td>
                {Object.keys(details).length > 0 && (
                  <Code style={{ overflowWrap: 'anywhere' }}>{JSON.stringify(details)}</Code>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

// All batch scorings, newest first, kept fresh while one is at work.
import { Progress, Stack, Table, Text } from '@mantine/core';
import type { Scoring } from '@tallrec/shared/wire/scorings';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Empty } from '../../parts/empty.tsx';
import { AdapterLink, DatasetLink } from '../../parts/entity-names.tsx';
import { formatNumber, Time } from '../../parts/formats.tsx';
import { JobBadge } from '../../parts/job-badge.tsx';
import { LinkAnchor, LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { scoringsQuery } from '../../queries/scorings.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';

const words = texts.scorings;

export function ScoringsPage() {
  const { cursor } = useSearch({ from: '/app/scorings' });
  const query = useQuery(scoringsQuery(cursor));
  const create = useMay('scorings:write') && <LinkButton to="/scorings/new">{words.create}</LinkButton>;
  const empty = (
    <Empty title={words.empty.title} action={create}>
      {words.empty.body}
    </Empty>
  );
  return (
    <Page title={words.title} lead={words.lead} actions={create}>
      <PagedList query={query} cursor={cursor} empty={empty}>
        {(scorings) => <ScoringsTable scorings={scorings} />}
      </PagedList>
    </Page>
  );
}

function ScoringsTable({ scorings }: { scorings: readonly Scoring[] }) {
  return (
    <Table.ScrollContainer minWidth={860}>
      <Table verticalSpacing="sm" highlightOnHover aria-label={words.title}>
        <TableHead columns={words.columns} />
        <Table.Tbody>
          {scorings.map((scoring) => (
            <ScoringRow key={scoring.id} scoring={scoring} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function ScoringRow({ scoring }: { scoring: Scoring }) {
  const { id, name, task, dataset, adapter, createdAt } = scoring;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        <LinkAnchor to="/scorings/$id" params={{ id }}>
          {name}
        </LinkAnchor>
      </Table.Th>
      <Table.Td>
        <JobBadge {...scoring} />
      </Table.Td>
      <Table.Td>{words.tasks[task]}</Table.Td>
      <Table.Td>
        <DatasetLink id={dataset} />
      </Table.Td>
      <Table.Td>{adapter === null ? words.baseModel : <AdapterLink id={adapter} />}</Table.Td>
      <Table.Td>
        <Rows scoring={scoring} />
      </Table.Td>
      <Table.Td>
        <Time at={createdAt} />
      </Table.Td>
    </Table.Tr>
  );
}

function Rows({ scoring: { name, state, progress, rows } }: { scoring: Scoring }) {
  if (rows !== null && state === 'succeeded') return formatNumber(rows);
  if (!progress || progress.rowsTotal === 0) return texts.common.none;
  const { rowsDone, rowsTotal } = progress;
  return (
    <Stack gap={4}>
      <Text size="sm">{words.rows(formatNumber(rowsDone), formatNumber(rowsTotal))}</Text>
      {state === 'running' && <Progress value={(100 * rowsDone) / rowsTotal} size="sm" aria-label={name} />}
    </Stack>
  );
}

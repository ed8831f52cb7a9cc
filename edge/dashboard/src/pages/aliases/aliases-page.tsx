// All aliases by their names, and where each points.
import { Table } from '@mantine/core';
import type { Alias } from '@tallrec/shared/wire/adapters';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Empty } from '../../parts/empty.tsx';
import { AdapterLink } from '../../parts/entity-names.tsx';
import { Time } from '../../parts/formats.tsx';
import { LinkAnchor, LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { aliasesPageQuery } from '../../queries/aliases.ts';
import { texts } from '../../texts.ts';
import { AdaptersTabs } from '../adapters/adapters-tabs.tsx';

const words = texts.aliases;

export function AliasesPage() {
  const { cursor } = useSearch({ from: '/app/aliases' });
  const query = useQuery(aliasesPageQuery(cursor));
  const empty = (
    <Empty title={words.empty.title} action={<LinkButton to="/adapters">{words.empty.action}</LinkButton>}>
      {words.empty.body}
    </Empty>
  );
  return (
    <Page title={words.title} lead={words.lead}>
      <AdaptersTabs at="aliases" />
      <PagedList query={query} cursor={cursor} empty={empty}>
        {(aliases) => <AliasesTable aliases={aliases} />}
      </PagedList>
    </Page>
  );
}

function AliasesTable({ aliases }: { aliases: readonly Alias[] }) {
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table verticalSpacing="sm" highlightOnHover aria-label={words.title}>
        <TableHead columns={words.columns} />
        <Table.Tbody>
          {aliases.map(({ alias, adapter, updatedAt }) => (
            <Table.Tr key={alias}>
              <Table.Th scope="row" fw={500}>
                <LinkAnchor to="/aliases/$alias" params={{ alias }}>
                  {alias}
                </LinkAnchor>
              </Table.Th>
              <Table.Td>
                <AdapterLink id={adapter} />
              </Table.Td>
              <Table.Td>
                <Time at={updatedAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

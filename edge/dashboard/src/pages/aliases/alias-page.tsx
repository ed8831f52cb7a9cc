// One alias: where it points, where it pointed before, and the way back there.
import { Badge, Code, Group, Table, Text } from '@mantine/core';
import type { AliasHistory } from '@tallrec/shared/wire/adapters';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { DeleteButton } from '../../parts/delete-button.tsx';
import { AdapterLink } from '../../parts/entity-names.tsx';
import { shortHash, Time } from '../../parts/formats.tsx';
import { LinkButton } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { useAdapter } from '../../queries/adapters.ts';
import { aliasQuery, useDeleteAlias, usePointAlias } from '../../queries/aliases.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';

const words = texts.aliases;

export function AliasPage() {
  const { alias } = useParams({ from: '/app/aliases/$alias' });
  const query = useQuery(aliasQuery(alias));
  return (
    <Page
      key={alias}
      title={alias}
      lead={query.data && <Lead {...query.data} />}
      actions={query.data && <AliasActions alias={alias} />}
    >
      <QueryView query={query}>{(found) => <History {...found} />}</QueryView>
    </Page>
  );
}

function Lead({ adapter, updatedAt }: AliasHistory) {
  return (
    <>
      {words.pointsAt} <AdapterLink id={adapter} amongWords /> {words.since} <Time at={updatedAt} />
    </>
  );
}

function AliasActions({ alias }: { alias: string }) {
  const [mayWrite, mayScore] = [useMay('adapters:write'), useMay('score')];
  return (
    <>
      {mayScore && (
        <LinkButton to="/playground" search={{ adapter: alias }}>
          {words.verbs.try}
        </LinkButton>
      )}
      {mayWrite && <Delete alias={alias} />}
    </>
  );
}

function Delete({ alias }: { alias: string }) {
  const { verbs, confirm } = words;
  return (
    <DeleteButton
      label={verbs.delete}
      title={confirm.deleteTitle(alias)}
      remove={useDeleteAlias(alias)}
      list="/aliases"
    >
      {confirm.delete}
    </DeleteButton>
  );
}

function History({ alias, adapter: current, history }: AliasHistory) {
  const mayWrite = useMay('adapters:write');
  const columns: Record<string, string> = {
    ...words.historyColumns,
    ...(mayWrite ? { actions: texts.common.actions } : {}),
  };
  return (
    <Panel title={words.history}>
      <Table.ScrollContainer minWidth={600}>
        <Table verticalSpacing="sm" aria-label={words.history}>
          <TableHead columns={columns} />
          <Table.Tbody>
            {history.map(({ adapter, at, by }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a move has no other name
              <Table.Tr key={index}>
                <Table.Td>
                  <Time at={at} exact />
                </Table.Td>
                <Table.Td>
                  <Group gap="xs">
                    {adapter === null ? <Text size="sm">{words.nothing}</Text> : <AdapterLink id={adapter} />}
                    {index === 0 && <Badge color="green">{words.now}</Badge>}
                  </Group>
                </Table.Td>
                <Table.Td>
                  <Code>{by}</Code>
                </Table.Td>
                {mayWrite && (
                  <Table.Td>
                    {adapter !== null && adapter !== current && <Back alias={alias} adapter={adapter} />}
                  </Table.Td>
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

/** Nothing leads back to an adapter that is gone. */
function Back({ alias, adapter }: { alias: string; adapter: string }) {
  const { adapter: found } = useAdapter(adapter);
  const point = usePointAlias();
  if (!found) return null;
  return (
    <ConfirmButton
      label={words.verbs.back}
      title={words.confirm.backTitle(alias, `${found.name} (${shortHash(adapter)})`)}
      error={point.error}
      pending={point.isPending}
      color="blue"
      onConfirm={() => point.mutateAsync({ alias, adapter })}
    >
      {words.confirm.back}
    </ConfirmButton>
  );
}

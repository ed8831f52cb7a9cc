// The keys of the workspace: what each may do, until when, and when it was last used.
import { Badge, Code, Group, Table, Text } from '@mantine/core';
import type { ApiKey } from '@tallrec/shared/wire/keys';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Empty } from '../../parts/empty.tsx';
import { formatDate, formatNumber, Time } from '../../parts/formats.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { keysQuery } from '../../queries/keys.ts';
import { texts } from '../../texts.ts';
import { KeyActions } from './key-actions.tsx';
import { NewKey } from './new-key.tsx';

const words = texts.keys;

type KeyState = keyof typeof words.states;
const COLORS: Record<KeyState, string> = { valid: 'green', expired: 'gray', revoked: 'red' };

function stateOf({ revokedAt, expiresAt }: ApiKey): KeyState {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'valid';
}

export function KeysPage() {
  const { cursor } = useSearch({ from: '/app/keys' });
  const query = useQuery(keysQuery(cursor));
  return (
    <Page title={words.title} lead={words.lead} actions={<NewKey />}>
      <PagedList query={query} cursor={cursor} empty={<Empty title={words.empty.title}>{words.empty.body}</Empty>}>
        {(keys) => <KeysTable keys={keys} />}
      </PagedList>
    </Page>
  );
}

function KeysTable({ keys }: { keys: readonly ApiKey[] }) {
  return (
    <Table.ScrollContainer minWidth={900}>
      <Table verticalSpacing="sm" aria-label={words.title}>
        <TableHead columns={{ ...words.columns, actions: texts.common.actions }} />
        <Table.Tbody>
          {keys.map((apiKey) => (
            <KeyRow key={apiKey.id} apiKey={apiKey} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function KeyRow({ apiKey }: { apiKey: ApiKey }) {
  const { name, hint, scopes, origins, requestsPerMinute, lastUsedAt, expiresAt, overlapEndsAt } = apiKey;
  const state = stateOf(apiKey);
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        {name}
        <div>
          <Code>{hint}</Code>
        </div>
      </Table.Th>
      <Table.Td>
        <Badge color={COLORS[state]}>{words.states[state]}</Badge>
        {overlapEndsAt && (
          <Text size="xs" c="dimmed">
            {words.overlap(formatDate(overlapEndsAt))}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          {scopes.map((scope) => (
            <Badge key={scope} color="gray">
              {scope}
            </Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>
        {words.perMinute(formatNumber(requestsPerMinute))}
        {origins && (
          <Text size="xs" c="dimmed">
            {words.origins}: {origins.join(', ')}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{lastUsedAt ? <Time at={lastUsedAt} /> : texts.common.never}</Table.Td>
      <Table.Td>{expiresAt ? <Time at={expiresAt} /> : texts.common.never}</Table.Td>
      <Table.Td>{state !== 'revoked' && <KeyActions apiKey={apiKey} expired={state === 'expired'} />}</Table.Td>
    </Table.Tr>
  );
}

// The nodes of the workspace and those that serve all: how they are, what they hold, what they do.
import { Badge, Group, Table, Text } from '@mantine/core';
import { idSchema } from '@tallrec/shared/ids';
import type { Node } from '@tallrec/shared/wire/nodes';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Empty } from '../../parts/empty.tsx';
import { formatBytes, formatNumber, Time } from '../../parts/formats.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { nodesQuery } from '../../queries/nodes.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import { NewNode } from './new-node.tsx';
import { NodeActions } from './node-actions.tsx';

const words = texts.nodes;

const COLORS: Record<Node['state'], string> = { joining: 'gray', offline: 'red', online: 'green', upgrade: 'orange' };

export function NodesPage() {
  const { cursor } = useSearch({ from: '/app/nodes' });
  const query = useQuery(nodesQuery(cursor));
  const mayManage = useMay('admin');
  return (
    <Page title={words.title} lead={words.lead} actions={mayManage && <NewNode />}>
      <PagedList query={query} cursor={cursor} empty={<Empty title={words.empty.title}>{words.empty.body}</Empty>}>
        {(nodes) => <NodesTable nodes={nodes} mayManage={mayManage} />}
      </PagedList>
    </Page>
  );
}

function NodesTable({ nodes, mayManage }: { nodes: readonly Node[]; mayManage: boolean }) {
  const columns: Record<string, string> = mayManage
    ? { ...words.columns, actions: texts.common.actions }
    : words.columns;
  return (
    <Table.ScrollContainer minWidth={900}>
      <Table verticalSpacing="sm" aria-label={words.title}>
        <TableHead columns={columns} />
        <Table.Tbody>
          {nodes.map((node) => (
            <NodeRow key={node.id} node={node} mayManage={mayManage} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function NodeRow({ node, mayManage }: { node: Node; mayManage: boolean }) {
  const { name, shared, state, draining, lastSeenAt, status } = node;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        {name}
      </Table.Th>
      <Table.Td>
        <Group gap={4}>
          <Badge color={COLORS[state]}>{words.states[state]}</Badge>
          {draining && <Badge color="orange">{words.draining}</Badge>}
          {shared && (
            <Badge color="gray" title={words.sharedHint}>
              {words.shared}
            </Badge>
          )}
        </Group>
      </Table.Td>
      <Table.Td>{status ? <Machine status={status} /> : texts.common.none}</Table.Td>
      <Table.Td>
        {status?.models.length
          ? status.models.map((model) => <div key={model.contentHash}>{model.name}</div>)
          : words.noModels}
      </Table.Td>
      <Table.Td>
        <Work status={status} />
      </Table.Td>
      <Table.Td>{lastSeenAt ? <Time at={lastSeenAt} /> : texts.common.never}</Table.Td>
      {mayManage && <Table.Td>{!shared && <NodeActions node={node} />}</Table.Td>}
    </Table.Tr>
  );
}

function Machine({ status }: { status: NonNullable<Node['status']> }) {
  const { provider, precision, memoryBytes, version } = status;
  return (
    <>
      <div>{words.machine(provider, precision)}</div>
      <Text size="sm" c="dimmed">
        {words.memory(formatBytes(memoryBytes))}, {words.version(version)}
      </Text>
    </>
  );
}

function Work({ status }: Pick<Node, 'status'>) {
  const job = status?.runningJob ?? null;
  const waiting = status?.queuedRequests ?? 0;
  return (
    <>
      <div>{job === null ? words.idle : <JobName id={job} />}</div>
      {waiting > 0 && (
        <Text size="sm" c="dimmed">
          {words.waiting(formatNumber(waiting))}
        </Text>
      )}
    </>
  );
}

/** Of the jobs, tunings alone have a page. */
function JobName({ id }: { id: string }) {
  if (!idSchema('tuning').safeParse(id).success) return id;
  return (
    <LinkAnchor to="/tunings/$id" params={{ id }} style={{ overflowWrap: 'anywhere' }}>
      {id}
    </LinkAnchor>
  );
}

// What a tuning would take of one node: whether it fits, its memory by part, and how long it takes.
import { Badge, Button, Collapse, Group, Loader, Paper, Progress, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { MemoryEstimate, NodeEstimate } from '@tallrec/shared/wire/node-api';
import type { ReactNode } from 'react';
import { formatBytes, formatNumber, formatRoughSpan } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import type { NodeEstimates } from './node-estimates.ts';

const words = texts.tuningEstimate;

interface EstimateCardProps {
  node: NodeEstimates;
  /** How many tunings there are to be. */
  count: number;
}

export function EstimateCard({ node, count }: EstimateCardProps) {
  const { name, estimate, problem, busy } = node;
  return (
    <Paper withBorder p="sm" component="article" aria-label={name}>
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Text fw={500} style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Text>
          <Verdict node={node} />
        </Group>
        {problem && estimate?.memory?.fits !== false && <Text size="sm">{problem}</Text>}
        {estimate && <Memory estimate={estimate} />}
        {estimate && estimate.memory?.fits !== false && <Time node={node} estimate={estimate} count={count} />}
        {busy && problem === null && (
          <Text size="xs" c="dimmed">
            {words.busy}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

function Verdict({ node: { estimate, state, draining, holdsModel } }: { node: NodeEstimates }) {
  if (estimate?.memory?.fits === false) return <Badge color="red">{words.tooLarge}</Badge>;
  if (state !== 'online' || draining || !holdsModel) return <Badge color="gray">{words.unable}</Badge>;
  if (estimate?.memory) return <Badge color="green">{words.fits}</Badge>;
  return <Badge color="gray">{words.unknown}</Badge>;
}

interface LineProps {
  name: string;
  children: ReactNode;
}

function Line({ name, children }: LineProps) {
  return (
    <Group justify="space-between" gap="sm" wrap="nowrap" align="baseline">
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text size="sm" ta="end" component="div">
        {children}
      </Text>
    </Group>
  );
}

function Memory({ estimate: { memory, wouldFit } }: { estimate: NodeEstimate }) {
  const [opened, { toggle }] = useDisclosure(false);
  if (!memory) return <Line name={words.memory}>{words.memoryUnknown}</Line>;
  const [needed, there] = [formatBytes(memory.totalBytes), formatBytes(memory.limitBytes)];
  return (
    <Stack gap={6}>
      <Line name={words.memory}>{words.memoryOf(needed, there)}</Line>
      <Progress
        value={Math.min(100, (100 * memory.totalBytes) / memory.limitBytes)}
        color={memory.fits ? 'blue' : 'red'}
        aria-label={`${words.memory}: ${words.memoryOf(needed, there)}`}
      />
      {!memory.fits && (
        <Text size="sm">
          {words.tooMuch(needed, there)} {wouldFit}
        </Text>
      )}
      {memory.checkpointing && memory.fits && (
        <Text size="xs" c="dimmed">
          {words.layersAgain}
        </Text>
      )}
      <Group>
        <Button size="compact-xs" variant="transparent" px={0} onClick={toggle} aria-expanded={opened}>
          {words.parts}
        </Button>
      </Group>
      <Collapse expanded={opened}>
        <Parts parts={memory.parts} />
      </Collapse>
    </Stack>
  );
}

function Parts({ parts }: Pick<MemoryEstimate, 'parts'>) {
  return (
    <Table verticalSpacing={2} aria-label={words.parts}>
      <Table.Tbody>
        {Object.entries(parts).map(([name, bytes]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={400}>
              {words.part[name as keyof typeof parts]}
            </Table.Th>
            <Table.Td ta="end">{formatBytes(bytes)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Time({ node: { one, all }, estimate, count }: EstimateCardProps & { estimate: NodeEstimate }) {
  const { basis, measuring, time } = estimate;
  return (
    <Stack gap={2}>
      <Line name={count > 1 ? words.longest : words.time}>
        {measuring ? <Measuring /> : one ? spanOf(one) : words.timeUnknown}
      </Line>
      {count > 1 && all && <Line name={words.all(formatNumber(count))}>{spanOf(all)}</Line>}
      {!measuring && (
        <Text size="xs" c="dimmed">
          {time && words.speed(formatNumber(Math.round(time.tokensPerSecond)))} {basis}
        </Text>
      )}
    </Stack>
  );
}

function Measuring() {
  return (
    <Group gap={6} wrap="nowrap" role="status">
      <Loader size={12} />
      {words.measuring}
    </Group>
  );
}

/** With early stopping it may take from the one to the other. */
function spanOf({ leastMs, mostMs }: { leastMs: number; mostMs: number }): string {
  const [least, most] = [formatRoughSpan(leastMs), formatRoughSpan(mostMs)];
  return least === most ? words.about(most) : words.between(least, most);
}

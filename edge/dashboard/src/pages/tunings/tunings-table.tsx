// The table of tunings; where some are to be chosen, with a box for each.
import { Progress, Stack, Table, Text } from '@mantine/core';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import { formatAuc, formatNumber, Time } from '../../parts/formats.tsx';
import { JobBadge } from '../../parts/job-badge.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { nodeNamesQuery } from '../../queries/nodes.ts';
import { texts } from '../../texts.ts';

const words = texts.tunings;

/** Most look without choosing. */
const ChoiceBox = lazy(() => import('../../parts/choice-box.tsx').then((module) => ({ default: module.ChoiceBox })));

interface TuningsTableProps {
  tunings: readonly Tuning[];
  /** Ids; without them nothing is being chosen. */
  chosen?: readonly string[];
  onChoose?: (chosen: readonly string[]) => void;
}

export function TuningsTable({ tunings, chosen, onChoose }: TuningsTableProps) {
  const { data: nodes } = useQuery(nodeNamesQuery);
  const columns: Record<string, string> = chosen ? { chosen: texts.choosing.chosen, ...words.columns } : words.columns;
  return (
    <Table.ScrollContainer minWidth={860}>
      <Table verticalSpacing="sm" highlightOnHover aria-label={words.title}>
        <TableHead columns={columns} hints={words.hints} />
        <Table.Tbody>
          {tunings.map((tuning) => {
            const { id, node } = tuning;
            const choice = chosen && (
              <Suspense>
                <ChoiceBox
                  name={texts.choosing.choose(tuning.name)}
                  chosen={chosen.includes(id)}
                  onChange={(on) => onChoose?.(on ? [...chosen, id] : chosen.filter((one) => one !== id))}
                />
              </Suspense>
            );
            return <TuningRow key={id} tuning={tuning} node={node && (nodes?.get(node) ?? node)} choice={choice} />;
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface TuningRowProps {
  tuning: Tuning;
  /** By its name. */
  node: string | null;
  choice: ReactNode;
}

function TuningRow({ tuning, node, choice }: TuningRowProps) {
  const { id, name, model, settings, bestValidAuc, createdAt } = tuning;
  return (
    <Table.Tr>
      {choice !== undefined && <Table.Td>{choice}</Table.Td>}
      <Table.Th scope="row" fw={500} style={{ overflowWrap: 'anywhere' }}>
        <LinkAnchor to="/tunings/$id" params={{ id }}>
          {name}
        </LinkAnchor>
      </Table.Th>
      <Table.Td>
        <Stack gap={4} align="flex-start">
          <JobBadge {...tuning} />
          <Steps tuning={tuning} />
        </Stack>
      </Table.Td>
      <Table.Td>{formatAuc(bestValidAuc)}</Table.Td>
      <Table.Td>{settings.shots === undefined ? words.allShots : formatNumber(settings.shots)}</Table.Td>
      <Table.Td>{settings.seed}</Table.Td>
      <Table.Td>{model}</Table.Td>
      <Table.Td>{node ?? texts.common.none}</Table.Td>
      <Table.Td>
        <Time at={createdAt} />
      </Table.Td>
    </Table.Tr>
  );
}

/** How far it is, of one that is at work. */
function Steps({ tuning: { name, state, progress } }: { tuning: Tuning }) {
  if (state !== 'running' || !progress || progress.totalSteps === 0) return null;
  const { step, totalSteps } = progress;
  return (
    <Stack gap={4} w="100%">
      <Text size="xs">{words.steps(formatNumber(step), formatNumber(totalSteps))}</Text>
      <Progress value={(100 * step) / totalSteps} size="sm" aria-label={name} />
    </Stack>
  );
}

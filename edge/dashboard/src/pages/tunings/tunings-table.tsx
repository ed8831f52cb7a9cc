// The table of tunings.
import { Progress, Stack, Table, Text } from '@mantine/core';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useQuery } from '@tanstack/react-query';
import { formatAuc, formatNumber, Time } from '../../parts/formats.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { datasetsQuery } from '../../queries/datasets.ts';
import { texts } from '../../texts.ts';
import { TuningBadge } from './tuning-badge.tsx';

const words = texts.tunings;

export function TuningsTable({ tunings }: { tunings: readonly Tuning[] }) {
  const { data: datasets } = useQuery(datasetsQuery);
  const nameOf = (id: string) => datasets?.items.find((dataset) => dataset.id === id)?.name ?? id;
  return (
    <Table.ScrollContainer minWidth={760}>
      <Table verticalSpacing="sm" highlightOnHover aria-label={words.title}>
        <TableHead columns={words.columns} hints={{ auc: words.aucHint }} />
        <Table.Tbody>
          {tunings.map((tuning) => (
            <TuningRow key={tuning.id} tuning={tuning} dataset={nameOf(tuning.dataset)} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function TuningRow({ tuning, dataset }: { tuning: Tuning; dataset: string }) {
  const { id, name, model, bestValidAuc, createdAt } = tuning;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        <LinkAnchor to="/tunings/$id" params={{ id }}>
          {name}
        </LinkAnchor>
      </Table.Th>
      <Table.Td>
        <TuningBadge {...tuning} />
      </Table.Td>
      <Table.Td>{model}</Table.Td>
      <Table.Td>{dataset}</Table.Td>
      <Table.Td>
        <Steps tuning={tuning} />
      </Table.Td>
      <Table.Td>{formatAuc(bestValidAuc)}</Table.Td>
      <Table.Td>
        <Time at={createdAt} />
      </Table.Td>
    </Table.Tr>
  );
}

function Steps({ tuning: { name, state, progress } }: { tuning: Tuning }) {
  if (!progress || progress.totalSteps === 0) return texts.common.none;
  const { step, totalSteps } = progress;
  return (
    <Stack gap={4}>
      <Text size="sm">{words.steps(formatNumber(step), formatNumber(totalSteps))}</Text>
      {state === 'running' && <Progress value={(100 * step) / totalSteps} size="sm" aria-label={name} />}
    </Stack>
  );
}

// The table of evaluations, of which some can be chosen to be compared.
import { Progress, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { useQuery } from '@tanstack/react-query';
import { ChoiceBox } from '../../parts/choice-box.tsx';
import { formatAuc, formatNumber, Time } from '../../parts/formats.tsx';
import { JobBadge } from '../../parts/job-badge.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { adaptersQuery } from '../../queries/adapters.ts';
import { useDatasetsForStage } from '../../queries/ready-datasets.ts';
import { texts } from '../../texts.ts';
import { subjectOf, subjectWithDraw } from './subject.ts';

const words = texts.evaluations;

interface EvaluationsTableProps {
  evaluations: readonly Evaluation[];
  /** Ids; without them nothing is being chosen. */
  chosen?: readonly string[];
  onChoose?: (chosen: readonly string[]) => void;
}

export function EvaluationsTable({ evaluations, chosen, onChoose }: EvaluationsTableProps) {
  const { items: datasets } = useDatasetsForStage('rec');
  const columns: Record<string, string> = chosen ? { chosen: texts.choosing.chosen, ...words.columns } : words.columns;
  const { data: adapters } = useQuery(adaptersQuery);
  return (
    <Table.ScrollContainer minWidth={860}>
      <Table verticalSpacing="sm" highlightOnHover aria-label={words.title}>
        <TableHead columns={columns} hints={words.hints} />
        <Table.Tbody>
          {evaluations.map((evaluation) => (
            <Table.Tr key={evaluation.id}>
              {chosen && (
                <Table.Td>
                  <ChoiceBox
                    name={texts.choosing.choose(evaluation.name)}
                    chosen={chosen.includes(evaluation.id)}
                    onChange={(on) =>
                      onChoose?.(on ? [...chosen, evaluation.id] : chosen.filter((one) => one !== evaluation.id))
                    }
                  />
                </Table.Td>
              )}
              <Table.Th scope="row" fw={500}>
                <LinkAnchor to="/evaluations/$id" params={{ id: evaluation.id }}>
                  {evaluation.name}
                </LinkAnchor>
                <Subject
                  evaluation={evaluation}
                  adapter={adapters?.items.find(({ id }) => id === evaluation.adapter)}
                />
              </Table.Th>
              <Table.Td>
                <State evaluation={evaluation} />
              </Table.Td>
              <Table.Td>{datasets?.find(({ id }) => id === evaluation.dataset)?.name ?? evaluation.dataset}</Table.Td>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                <Auc report={evaluation.report} />
              </Table.Td>
              <Table.Td>{formatAuc(evaluation.report?.ruleAuc ?? null)}</Table.Td>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                <Time at={evaluation.createdAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** A name that was given to it may not say what it is of. */
function Subject({ evaluation, adapter }: { evaluation: Evaluation; adapter: Adapter | undefined }) {
  const subject = subjectOf(evaluation, adapter);
  if (evaluation.name.startsWith(subject)) return null;
  return (
    <Text size="xs" c="dimmed">
      {subjectWithDraw(evaluation, adapter)}
    </Text>
  );
}

function State({ evaluation }: { evaluation: Evaluation }) {
  const { state, progress, name } = evaluation;
  return (
    <Stack gap={4} align="flex-start">
      <JobBadge {...evaluation} />
      {state === 'running' && progress && (
        <>
          <Progress w="100%" value={(100 * progress.done) / Math.max(1, progress.total)} size="sm" aria-label={name} />
          <VisuallyHidden>
            {words.progress(words.phases[progress.phase], formatNumber(progress.done), formatNumber(progress.total))}
          </VisuallyHidden>
        </>
      )}
    </Stack>
  );
}

function Auc({ report }: Pick<Evaluation, 'report'>) {
  if (!report) return texts.common.none;
  const { auc, interval } = report;
  return (
    <>
      {formatAuc(auc)}{' '}
      {interval && (
        <Text span size="sm" c="dimmed">
          ({formatAuc(interval.low)}–{formatAuc(interval.high)})
        </Text>
      )}
    </>
  );
}

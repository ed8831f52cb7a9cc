// How an adapter was judged: on what, with its interval, and beside the rule that it has to beat.
import { Stack, Table, Text } from '@mantine/core';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { useQuery } from '@tanstack/react-query';
import { formatAuc } from '../../parts/formats.tsx';
import { JobBadge } from '../../parts/job-badge.tsx';
import { LinkAnchor, LinkButton } from '../../parts/links.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { datasetQuery } from '../../queries/datasets.ts';
import { evaluationsOfQuery } from '../../queries/evaluations.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';

const words = texts.adapters.evaluation;

export function AdapterEvaluations({ adapter: { id, model } }: { adapter: Adapter }) {
  const query = useQuery(evaluationsOfQuery(id));
  const mayJudge = useMay('evaluations:write');
  return (
    <Stack gap="xs" align="flex-start">
      <QueryView query={query}>
        {({ items, complete }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              {texts.adapters.story.notJudged}
            </Text>
          ) : (
            <EvaluationsTable evaluations={items} cut={!complete} />
          )
        }
      </QueryView>
      {mayJudge && (
        <LinkButton to="/evaluations/new" search={{ adapter: id, model }} size="xs" variant="default">
          {texts.adapters.verbs.evaluate}
        </LinkButton>
      )}
    </Stack>
  );
}

function EvaluationsTable({ evaluations, cut }: { evaluations: readonly Evaluation[]; cut: boolean }) {
  return (
    <Table.ScrollContainer minWidth={380} w="100%">
      <Table verticalSpacing={6} horizontalSpacing="xs" fz="sm" aria-label={texts.adapters.story.judged}>
        <TableHead columns={words.columns} hints={words.hints} />
        <Table.Tbody>
          {evaluations.map((evaluation) => (
            <EvaluationRow key={evaluation.id} evaluation={evaluation} />
          ))}
        </Table.Tbody>
        {cut && <Table.Caption>{words.more}</Table.Caption>}
      </Table>
    </Table.ScrollContainer>
  );
}

function EvaluationRow({ evaluation }: { evaluation: Evaluation }) {
  const { id, dataset, report } = evaluation;
  const { data } = useQuery(datasetQuery(dataset));
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>
        <LinkAnchor to="/evaluations/$id" params={{ id }}>
          {data?.name ?? evaluation.name}
        </LinkAnchor>
      </Table.Th>
      {report ? (
        <>
          <Table.Td>
            <Text inherit fw={500}>
              {formatAuc(report.auc)}
            </Text>
            {report.interval && (
              <Text size="xs" c="dimmed">
                {words.interval(formatAuc(report.interval.low), formatAuc(report.interval.high))}
              </Text>
            )}
          </Table.Td>
          <Table.Td>{formatAuc(report.perUserAuc)}</Table.Td>
          <Table.Td>{formatAuc(report.ruleAuc)}</Table.Td>
        </>
      ) : (
        <Table.Td colSpan={3}>
          <JobBadge {...evaluation} />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

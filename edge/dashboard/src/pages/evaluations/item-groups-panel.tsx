// Whether it knows more than ids can tell: rows whose targets were rated by the training users, by none, and by nobody whom the model read.
import { Table, Text } from '@mantine/core';
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import { formatAuc, formatNumber } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { texts } from '../../texts.ts';

const words = texts.evaluationDetail.itemGroups;
const GROUPS = ['warm', 'cold', 'unknownToModel'] as const satisfies readonly (keyof EvaluationReport)[];

export function ItemGroupsPanel({ report }: { report: EvaluationReport }) {
  const groups = GROUPS.flatMap((name) => (report[name] ? [{ name, ...report[name] }] : []));
  if (groups.length === 0) return null;
  return (
    <Panel title={words.title}>
      <Text size="sm" mb="sm">
        {words.hint}
      </Text>
      <Table.ScrollContainer minWidth={480}>
        <Table>
          <TableHead columns={words.columns} />
          <Table.Tbody>
            {groups.map(({ name, n, auc, interval, perUserAuc, users }) => (
              <Table.Tr key={name}>
                <Table.Td>{words.groups[name]}</Table.Td>
                <Table.Td>{formatNumber(n)}</Table.Td>
                <Table.Td>
                  {interval
                    ? words.auc(formatAuc(auc), formatAuc(interval.low), formatAuc(interval.high))
                    : formatAuc(auc)}
                </Table.Td>
                <Table.Td>
                  {users > 0 ? words.within(formatAuc(perUserAuc), formatNumber(users)) : formatAuc(null)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

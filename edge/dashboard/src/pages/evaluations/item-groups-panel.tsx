// Whether it knows more than ids can tell: rows whose targets were rated by the training users, by none, and by nobody whom the model read.
import { Table } from '@mantine/core';
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import { formatAuc, formatNumber } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import { TablePanel } from './table-panel.tsx';

const words = texts.evaluationDetail.itemGroups;
const GROUPS = ['warm', 'cold', 'unknownToModel'] as const satisfies readonly (keyof EvaluationReport)[];

export function ItemGroupsPanel({ report }: { report: EvaluationReport }) {
  const groups = GROUPS.flatMap((name) => (report[name] ? [{ name, ...report[name] }] : []));
  if (groups.length === 0) return null;
  return (
    <TablePanel words={words} minWidth={480}>
      {groups.map(({ name, n, auc, interval, perUserAuc, users }) => (
        <Table.Tr key={name}>
          <Table.Td>{words.groups[name]}</Table.Td>
          <Table.Td>{formatNumber(n)}</Table.Td>
          <Table.Td>
            {interval ? words.auc(formatAuc(auc), formatAuc(interval.low), formatAuc(interval.high)) : formatAuc(auc)}
          </Table.Td>
          <Table.Td>{users > 0 ? words.within(formatAuc(perUserAuc), formatNumber(users)) : formatAuc(null)}</Table.Td>
        </Table.Tr>
      ))}
    </TablePanel>
  );
}

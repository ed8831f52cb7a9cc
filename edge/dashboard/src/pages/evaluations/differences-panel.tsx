// By how much what was judged, and its blend, pass what they have to beat: draw by draw, with a word for each.
import { Badge, Group, Table, Text } from '@mantine/core';
import type { Differences, EvaluationReport, JudgedDifference } from '@tallrec/shared/wire/evaluations';
import { formatSigned } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import { TablePanel } from './table-panel.tsx';

const words = texts.evaluationDetail.differences;
const RIVALS = ['rule', 'popularity', 'untuned'] as const satisfies readonly (keyof Differences)[];
const COLORS: Record<JudgedDifference['verdict'], string> = {
  better: 'green',
  level: 'gray',
  worse: 'red',
  unknown: 'gray',
};

interface DifferencesPanelProps {
  /** What was judged. */
  subject: string;
  /** It is the rule, which is not compared with itself. */
  isRule: boolean;
  differences: NonNullable<EvaluationReport['differences']>;
}

export function DifferencesPanel({ subject, isRule, differences }: DifferencesPanelProps) {
  const { blend, ...own } = differences;
  const judged = [
    { name: subject, of: own },
    { name: words.blend, of: blend },
  ];
  const rows = judged.flatMap(({ name, of }) =>
    RIVALS.flatMap((rival) => (of?.[rival] && !(isRule && rival === 'rule') ? [{ name, rival, ...of[rival] }] : [])),
  );
  if (rows.length === 0) return null;
  return (
    <TablePanel words={words} minWidth={560}>
      {rows.map(({ name, rival, all, withinUsers }) => (
        <Table.Tr key={`${name} ${rival}`}>
          <Table.Td>{name}</Table.Td>
          <Table.Td>{words.rivals[rival]}</Table.Td>
          <Table.Td>
            <Difference of={all} />
          </Table.Td>
          <Table.Td>
            <Difference of={withinUsers} />
          </Table.Td>
        </Table.Tr>
      ))}
    </TablePanel>
  );
}

function Difference({ of }: { of: JudgedDifference | null }) {
  if (!of) return <Text size="sm">{words.none}</Text>;
  return (
    <Group gap="xs" wrap="nowrap">
      <Badge color={COLORS[of.verdict]} variant="light" miw={72}>
        {words.verdicts[of.verdict]}
      </Badge>
      <Text size="sm" style={{ whiteSpace: 'nowrap' }}>
        {words.interval(formatSigned(of.value), formatSigned(of.low), formatSigned(of.high))}
      </Text>
    </Group>
  );
}

// Runs that differ by their seed alone, as one: means with intervals.
import { Table, Text } from '@mantine/core';
import { mean, seedsInterval } from '@tallrec/shared/seeds-interval';
import { formatAuc, formatNumber } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { texts } from '../../texts.ts';
import { keyWithout, namesApart } from './differences.ts';
import type { ShownRun } from './shown-run.ts';

const words = texts.compare.seeds;

export function SeedMeans({ shown }: { shown: readonly ShownRun[] }) {
  const groups = [...Map.groupBy(shown, ({ settings }) => keyWithout(settings, ['seed', 'kind'])).values()].filter(
    (own) => new Set(own.map(({ run }) => run.seed)).size > 1,
  );
  if (groups.length === 0) return null;
  const names = namesApart(
    groups.map(([first]) => first!.settings),
    ['seed'],
  );
  return (
    <Panel title={words.title}>
      <Text size="sm" c="dimmed" mb="sm">
        {words.hint}
      </Text>
      <Table.ScrollContainer minWidth={560}>
        <Table aria-label={words.title}>
          <TableHead columns={words.columns} />
          <Table.Tbody>
            {groups.map((own, at) => (
              <Table.Tr key={own[0]!.run.id}>
                <Table.Th scope="row" fw={500}>
                  {names[at]}
                </Table.Th>
                <Table.Td>{formatNumber(own.length)}</Table.Td>
                <Table.Td>{withHalf(own.map(({ judged }) => judged?.report.auc))}</Table.Td>
                <Table.Td>{withHalf(own.map(({ judged }) => judged?.report.perUserAuc))}</Table.Td>
                <Table.Td>{withHalf(own.map(({ run }) => run.tuning?.bestValidAuc))}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

function withHalf(values: readonly (number | null | undefined)[]): string {
  const there = values.filter((value): value is number => value != null);
  if (there.length === 0) return texts.common.none;
  const interval = seedsInterval(there);
  const centre = formatAuc(mean(there));
  return interval ? words.withHalf(centre, formatAuc((interval.high - interval.low) / 2)) : centre;
}

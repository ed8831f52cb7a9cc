// The table itself: methods by kind, a column a K, the paper's figure beside ours.
import { Button, Paper, Table, Text, VisuallyHidden } from '@mantine/core';
import { METHOD_KINDS, methodNamed } from '@tallrec/shared/methods';
import { type PaperDomain, paperAuc } from '@tallrec/shared/paper-figures';
import { formatNumber } from '../../parts/formats.tsx';
import { STICKY_COLUMN } from '../../parts/sticky-column.ts';
import { texts } from '../../texts.ts';
import { CellButton } from './cell-button.tsx';
import type { Cell, ExperimentTable, Shots, TableRow } from './cells.ts';
import { percentage, shotsTitle } from './export-table.ts';
import { isFillable } from './obstacles.ts';
import type { TableHandlers } from './table-handlers.ts';

const words = texts.experiments;

/** So narrow that two columns are in sight beside it on a phone. */
const NAMES_WIDTH = { base: 108, sm: 150 };

interface ExperimentTableProps extends TableHandlers {
  table: ExperimentTable;
  domain: PaperDomain | null;
}

export function ExperimentTableView({ table: { shots, rows }, domain, ...handlers }: ExperimentTableProps) {
  const span = domain === null ? 1 : 2;
  const inColumn = (at: number) => rows.filter(({ cells }) => cells.length > 1).map(({ cells }) => cells[at]!);
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={110 + shots.length * (domain === null ? 110 : 170) + 80}>
        <Table aria-label={words.title} verticalSpacing={6} highlightOnHover withColumnBorders>
          <Table.Thead>
            <Table.Tr>
              <Table.Th
                scope="col"
                rowSpan={domain === null ? 1 : 2}
                w={NAMES_WIDTH}
                miw={NAMES_WIDTH}
                style={STICKY_COLUMN}
              >
                {words.method}
              </Table.Th>
              {shots.map((k, at) => (
                <Table.Th key={k ?? 'all'} scope="colgroup" colSpan={span} ta="center">
                  {shotsTitle(k)}
                  <Fill cells={inColumn(at)} label={words.column(shotsTitle(k))} {...handlers} />
                </Table.Th>
              ))}
              {handlers.onStart && <Table.Td rowSpan={domain === null ? 1 : 2} />}
            </Table.Tr>
            {domain !== null && (
              <Table.Tr>
                {shots.flatMap((k) => [
                  <Table.Th key={`${k} ours`} scope="col" ta="center" fw={500}>
                    {words.ours}
                  </Table.Th>,
                  <Table.Th key={`${k} paper`} scope="col" ta="center" fw={500} c="dimmed">
                    {words.paper}
                  </Table.Th>,
                ])}
              </Table.Tr>
            )}
          </Table.Thead>
          {METHOD_KINDS.toReversed().map((kind) => (
            <Table.Tbody key={kind}>
              <Table.Tr>
                <Table.Th
                  scope="rowgroup"
                  colSpan={1 + shots.length * span + (handlers.onStart ? 1 : 0)}
                  bg="var(--mantine-color-default-hover)"
                >
                  <Text size="xs" fw={700}>
                    {words.kinds[kind]}
                  </Text>
                </Table.Th>
              </Table.Tr>
              {rows
                .filter(({ method }) => methodNamed(method).kind === kind)
                .map((row) => (
                  <MethodRow key={row.method} row={row} shots={shots} domain={domain} {...handlers} />
                ))}
            </Table.Tbody>
          ))}
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

interface MethodRowProps extends TableHandlers {
  row: TableRow;
  shots: readonly Shots[];
  domain: PaperDomain | null;
}

function MethodRow({ row: { method, cells }, shots, domain, ...handlers }: MethodRowProps) {
  const { onStart } = handlers;
  const { title, shotless } = methodNamed(method);
  const span = domain === null ? 1 : 2;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500} style={STICKY_COLUMN}>
        {title}
      </Table.Th>
      {shotless ? (
        <Table.Td colSpan={shots.length * span} ta={{ base: 'left', sm: 'center' }}>
          <CellButton cell={cells[0]!} note={words.anyShots} {...handlers} />
        </Table.Td>
      ) : (
        cells.flatMap((cell) => [
          <Table.Td key={`${cell.shots} ours`} ta="center">
            <CellButton cell={cell} {...handlers} />
          </Table.Td>,
          ...(domain === null
            ? []
            : [
                <Table.Td key={`${cell.shots} paper`} ta="center" c="dimmed">
                  {percentage(paperAuc(domain, method, cell.shots)) || texts.common.none}
                </Table.Td>,
              ]),
        ])
      )}
      {onStart && (
        <Table.Td ta="center">
          <Fill cells={cells.length > 1 ? cells : []} label={words.row(title)} {...handlers} />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

interface FillProps extends Pick<TableHandlers, 'means' | 'onStart'> {
  cells: readonly Cell[];
  /** What is filled, for those who do not see where it stands. */
  label: string;
}

/** Of one cell alone its own button does. */
function Fill({ cells, label, means, onStart }: FillProps) {
  const missing = cells.filter((cell) => isFillable(cell, means));
  if (!onStart || missing.length < 2) return null;
  const count = formatNumber(missing.length);
  return (
    <Button size="compact-xs" variant="default" ml={6} onClick={() => onStart(missing)}>
      {words.fill(count)}
      <VisuallyHidden>&nbsp;{label}</VisuallyHidden>
    </Button>
  );
}

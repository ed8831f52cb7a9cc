// What a batch scoring left: the file, and its first rows.
import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import type { Scoring } from '@tallrec/shared/wire/scorings';
import { useQuery } from '@tanstack/react-query';
import { formatNumber, formatProbability } from '../../parts/formats.tsx';
import { ItemTitle } from '../../parts/item-title.tsx';
import { Panel } from '../../parts/panel.tsx';
import { ProbabilityBar } from '../../parts/probability-bar.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { predictionsBeginningQuery } from '../../queries/scorings.ts';
import { texts } from '../../texts.ts';
import { rankedRows, scoredRows } from './predictions-beginning.ts';

const words = texts.scorings.detail;
const SHOWN_ROWS = 10;
const SHOWN_ITEMS = 3;

export function Predictions({ scoring }: { scoring: Scoring }) {
  const { id, state, rows, progress, task } = scoring;
  return (
    <Panel title={words.predictions}>
      {state !== 'succeeded' || rows === null ? (
        <Text c="dimmed">{isTerminal(state) ? words.noneEnded : words.none}</Text>
      ) : (
        <Stack gap="md">
          <Group justify="space-between">
            <Text size="sm">
              {progress && rows < progress.rowsTotal
                ? words.part(formatNumber(rows), formatNumber(progress.rowsTotal))
                : words.rowCount(formatNumber(rows))}
            </Text>
            <Group gap="xs">
              <Text size="sm" c="dimmed">
                {words.download}
              </Text>
              <Download id={id} format="jsonl" />
              <Download id={id} format="csv" />
            </Group>
          </Group>
          {rows > 0 && <Beginning id={id} task={task} />}
          {rows > SHOWN_ROWS && (
            <Text size="xs" c="dimmed">
              {words.first(formatNumber(SHOWN_ROWS))}
            </Text>
          )}
        </Stack>
      )}
    </Panel>
  );
}

function Download({ id, format }: { id: string; format: 'jsonl' | 'csv' }) {
  return (
    <Button component="a" size="xs" href={`/v1/scorings/${id}/predictions?format=${format}`} download>
      {words[format]}
    </Button>
  );
}

function Beginning({ id, task }: Pick<Scoring, 'id' | 'task'>) {
  const query = useQuery(predictionsBeginningQuery(id));
  return (
    <QueryView query={query}>
      {(beginning) => (task === 'rank' ? <Rankings beginning={beginning} /> : <Scores beginning={beginning} />)}
    </QueryView>
  );
}

/** Columns that no row fills are not there. */
function Scores({ beginning }: { beginning: string }) {
  const rows = scoredRows(beginning, SHOWN_ROWS);
  const blended = rows.some(({ blendScore }) => blendScore !== undefined);
  const labelled = rows.some((row) => row.liked !== undefined);
  const titled = rows.some((row) => row.title !== undefined);
  const { row, user, title, probability, blend, liked } = words.scoreColumns;
  const columns: Record<string, string> = {
    ...{ row, user },
    ...(titled ? { title } : {}),
    probability,
    ...(blended ? { blend } : {}),
    ...(labelled ? { liked } : {}),
  };
  return (
    <Table.ScrollContainer minWidth={360}>
      <Table verticalSpacing={6} fz="sm" aria-label={words.predictions}>
        <TableHead columns={columns} />
        <Table.Tbody>
          {rows.map(({ row, user, title, score, blendScore, liked: was }) => (
            <Table.Tr key={row}>
              <Table.Td>{formatNumber(row + 1)}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{user ?? texts.common.none}</Table.Td>
              {titled && <Table.Td style={{ overflowWrap: 'anywhere' }}>{title ?? texts.common.none}</Table.Td>}
              <Table.Td>
                <ProbabilityBar value={score} />
              </Table.Td>
              {blended && (
                <Table.Td>{blendScore === undefined ? texts.common.none : formatProbability(blendScore)}</Table.Td>
              )}
              {labelled && (
                <Table.Td>{was === undefined ? texts.common.none : was ? texts.common.yes : texts.common.no}</Table.Td>
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Rankings({ beginning }: { beginning: string }) {
  const rows = rankedRows(beginning, SHOWN_ROWS);
  return (
    <Table.ScrollContainer minWidth={300}>
      <Table verticalSpacing={6} fz="sm" aria-label={words.predictions}>
        <TableHead columns={words.rankColumns} />
        <Table.Tbody>
          {rows.map(({ row, user, ranking }) => (
            <Table.Tr key={row}>
              <Table.Td>{formatNumber(row + 1)}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{user ?? texts.common.none}</Table.Td>
              <Table.Td>
                {ranking.slice(0, SHOWN_ITEMS).map(({ id, title, score }) => (
                  <Group key={id ?? title} gap="xs" wrap="nowrap" align="flex-start" justify="space-between">
                    <ItemTitle>{title}</ItemTitle>
                    <Text span inherit c="dimmed">
                      {formatProbability(score)}
                    </Text>
                  </Group>
                ))}
                {ranking.length > SHOWN_ITEMS && (
                  <Text size="xs" c="dimmed">
                    {words.moreItems(formatNumber(ranking.length - SHOWN_ITEMS))}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

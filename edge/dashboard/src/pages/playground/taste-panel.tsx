// The history that is tried: someone's from a dataset, or typed; changed at will.
import { Alert, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { formatNumber } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { texts } from '../../texts.ts';
import { HistoryTable } from './history-table.tsx';
import { ItemSearch } from './item-search.tsx';
import { PersonChoice, type TasteProps } from './person-choice.tsx';
import { withRead } from './trial.ts';

const words = texts.playground.taste;

export function TastePanel({ view, from }: TasteProps) {
  const { trial, isPending, change } = view;
  const { history } = trial;
  const liked = history.filter((item) => item.liked).length;
  return (
    <Panel title={words.title}>
      <Stack gap="sm">
        <PersonChoice view={view} from={from} />
        <ItemSearch
          label={words.add}
          dataset={from.dataset?.id}
          taken={history}
          onAdd={(item) => change((before) => withRead(before, item))}
        />
        {isPending ? <Skeleton height={320} /> : <HistoryTable history={history} change={change} />}
        {from.learnedLength !== undefined && history.length > from.learnedLength && (
          <Alert color="yellow">{words.longer(formatNumber(from.learnedLength))}</Alert>
        )}
        {history.length > 0 && (
          <Group justify="space-between">
            <Text size="sm" c="dimmed">
              {words.count(formatNumber(liked), formatNumber(history.length))}
            </Text>
            <Button
              size="compact-xs"
              variant="subtle"
              onClick={() => change((before) => ({ ...before, history: [], user: null }))}
            >
              {words.clear}
            </Button>
          </Group>
        )}
      </Stack>
    </Panel>
  );
}

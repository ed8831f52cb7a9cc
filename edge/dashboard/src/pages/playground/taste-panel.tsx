// The history that is tried: someone's from a dataset, or typed; changed at will.
import {
  ActionIcon,
  Button,
  CloseButton,
  Group,
  Select,
  SimpleGrid,
  Skeleton,
  Stack,
  Table,
  Text,
  VisuallyHidden,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { HistoryItem } from '@tallrec/shared/sample';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { formatNumber } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { historiesQuery } from '../../queries/histories.ts';
import { playgroundTexts } from '../../texts/playground.ts';
import { ItemSearch } from './item-search.tsx';
import { type Person, personKey, withLiked, withMoved, withoutRead, withPerson, withRead } from './trial.ts';
import type { TrialView } from './use-trial.ts';
import type { TrialDataset } from './use-trial-dataset.ts';

const words = playgroundTexts.taste;

interface TasteProps {
  view: TrialView;
  from: TrialDataset;
}

export function TastePanel({ view, from }: TasteProps) {
  const { trial, isPending, change } = view;
  const { history } = trial;
  const liked = history.filter((item) => item.liked).length;
  return (
    <Panel title={words.title}>
      <Stack gap="sm">
        <Source view={view} from={from} />
        <ItemSearch
          label={words.add}
          dataset={from.dataset?.id}
          taken={history}
          onAdd={(item) => change((before) => withRead(before, item))}
        />
        {isPending ? <Skeleton height={320} /> : <History history={history} change={change} />}
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

function Source({ view: { trial, change }, from: { dataset, datasets, isSource } }: TasteProps) {
  const navigate = useNavigate({ from: '/playground' });
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed, 200);
  const isName = search === trial.user;
  const query = useQuery({ ...historiesQuery(dataset?.id ?? '', isName ? '' : search), enabled: dataset != null });
  const people = query.data?.histories ?? [];
  const take = (index: number) => {
    const person = people[index];
    if (person) change((before) => withPerson(before, person, personKey(person, index)));
  };
  const at = people.findIndex((person, index) => personKey(person, index) === trial.user);
  if (dataset === null) {
    return (
      <Text size="sm" c="dimmed">
        {words.noDataset}
      </Text>
    );
  }
  return (
    <Stack gap="xs">
      <SimpleGrid cols={2} spacing="xs">
        <Select
          label={words.dataset}
          data={datasets.map(({ id, name }) => ({ value: id, label: name }))}
          value={dataset?.id ?? null}
          onChange={(id) =>
            id !== null &&
            navigate({ search: (before) => ({ ...before, dataset: id }), replace: true, resetScroll: false })
          }
          allowDeselect={false}
          searchable
        />
        <Select
          label={words.person}
          placeholder={words.nobody}
          data={optionsOf(people, trial.user)}
          value={trial.user}
          onChange={(user) => take(people.findIndex((person, index) => personKey(person, index) === user))}
          onSearchChange={setTyped}
          filter={({ options }) => options}
          allowDeselect={false}
          searchable
        />
      </SimpleGrid>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Text size="xs" c="dimmed">
          {isSource && words.seen} {query.data?.complete === false && words.partial}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          style={{ flexShrink: 0 }}
          disabled={people.length === 0}
          onClick={() => take((at + 1) % people.length)}
        >
          {words.next}
        </Button>
      </Group>
      {query.error && <ErrorAlert error={query.error} onRetry={() => query.refetch()} />}
    </Stack>
  );
}

function optionsOf(people: readonly Person[], chosen: string | null) {
  const options = people.map((person, index) => ({
    value: personKey(person, index),
    label: person.user ?? words.unnamed(formatNumber(index + 1)),
  }));
  const known = chosen === null || options.some(({ value }) => value === chosen);
  return known ? options : [...options, { value: chosen, label: chosen }];
}

interface HistoryProps {
  history: readonly HistoryItem[];
  change: TrialView['change'];
}

function History({ history, change }: HistoryProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [moved, setMoved] = useState<{ row: number; by: -1 | 1 } | null>(null);
  // The focus goes along with what was moved.
  useEffect(() => {
    if (!moved) return;
    const row = body.current?.rows[moved.row];
    const same = row?.querySelector<HTMLButtonElement>(`[data-by="${moved.by}"]`);
    (same?.disabled ? row?.querySelector<HTMLButtonElement>('[data-by]:not(:disabled)') : same)?.focus();
  }, [moved]);
  if (history.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {words.empty}
      </Text>
    );
  }
  const move = (row: number, by: -1 | 1) => {
    change((before) => withMoved(before, row, by));
    setMoved({ row: row + by, by });
  };
  return (
    <Table verticalSpacing={4} horizontalSpacing={4} fz="sm" aria-label={words.title}>
      <Table.Tbody ref={body}>
        {history.map((item, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a title may come twice in a file's history
          <Table.Tr key={row}>
            <Table.Td w={76}>
              <Button
                size="compact-xs"
                variant="light"
                color={item.liked ? 'green' : 'red'}
                c="var(--mantine-color-text)"
                fw={500}
                fullWidth
                onClick={() => change((before) => withLiked(before, row, !item.liked))}
              >
                {item.liked ? words.liked : words.notLiked}
                <VisuallyHidden>: {item.title}</VisuallyHidden>
              </Button>
            </Table.Td>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{item.title}</Table.Td>
            <Table.Td w={88}>
              <Group gap={2} wrap="nowrap" justify="flex-end">
                <Mover item={item} by={-1} disabled={row === 0} onClick={() => move(row, -1)} />
                <Mover item={item} by={1} disabled={row === history.length - 1} onClick={() => move(row, 1)} />
                <CloseButton
                  size="sm"
                  aria-label={words.remove(item.title)}
                  onClick={() => change((before) => withoutRead(before, row))}
                />
              </Group>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

interface MoverProps {
  item: HistoryItem;
  by: -1 | 1;
  disabled: boolean;
  onClick: () => void;
}

function Mover({ item: { title }, by, disabled, onClick }: MoverProps) {
  return (
    <ActionIcon
      size="sm"
      variant="subtle"
      color="gray"
      data-by={by}
      aria-label={by === -1 ? words.up(title) : words.down(title)}
      disabled={disabled}
      onClick={onClick}
    >
      {by === -1 ? '↑' : '↓'}
    </ActionIcon>
  );
}

// Whose history is tried: someone of a dataset.
import { Button, Group, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { formatNumber } from '../../parts/formats.tsx';
import { historiesQuery } from '../../queries/histories.ts';
import { texts } from '../../texts.ts';
import { type Person, personKey, withPerson } from './trial.ts';
import type { TrialView } from './use-trial.ts';
import type { TrialDataset } from './use-trial-dataset.ts';

const words = texts.playground.taste;

export interface TasteProps {
  view: TrialView;
  from: TrialDataset;
}

export function PersonChoice({ view: { trial, change }, from: { dataset, datasets, isSource } }: TasteProps) {
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
  const chooseDataset = (id: string | null) =>
    id !== null && navigate({ search: (before) => ({ ...before, dataset: id }), replace: true, resetScroll: false });
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
          onChange={chooseDataset}
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

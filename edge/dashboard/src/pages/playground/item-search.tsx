// A field that finds items of a dataset by their titles, and takes one that is typed.
import { Combobox, Group, Text, TextInput, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { itemKey } from '@tallrec/shared/metrics';
import type { Item } from '@tallrec/shared/sample';
import { titleMatcher } from '@tallrec/shared/title-search';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { itemsQuery } from '../../queries/histories.ts';
import { texts } from '../../texts.ts';
import { isIn, type KnownItem } from './trial.ts';

const words = texts.playground.search;
const TYPED = 'typed';
const SETTLED_MS = 150;

interface ItemSearchProps {
  label: string;
  dataset: string | undefined;
  /** Not offered. */
  taken: readonly Item[];
  onAdd: (item: Item | KnownItem) => void;
}

export function ItemSearch({ label, dataset, taken, onAdd }: ItemSearchProps) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed.trim(), SETTLED_MS);
  const combobox = useCombobox();
  const found = useQuery({
    ...itemsQuery(dataset ?? '', search),
    enabled: dataset !== undefined && combobox.dropdownOpened,
  });
  const title = typed.trim();
  // Until the answer to what is typed has come, those of the last answer that fit it.
  const matches = titleMatcher(title);
  const items = (found.data?.items ?? []).filter((item) => matches(item.title) && !isIn(taken, item));
  // Enter takes the option that is marked, and it is one of those that are shown.
  const { dropdownOpened, selectFirstOption, resetSelectedOption } = combobox;
  const shown = items.map(itemKey).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the mark is set anew whenever others are shown
  useEffect(() => {
    if (dropdownOpened && title !== '') selectFirstOption();
    else resetSelectedOption();
  }, [dropdownOpened, title, shown]);

  function submit(value: string) {
    const picked = value === TYPED ? { title } : items.find((item) => itemKey(item) === value);
    if (!picked) return;
    onAdd(picked);
    setTyped('');
    combobox.closeDropdown();
  }

  return (
    <Combobox store={combobox} onOptionSubmit={submit}>
      <Combobox.Target withExpandedAttribute>
        <TextInput
          aria-label={label}
          placeholder={dataset === undefined ? words.typedOnly : words.placeholder}
          value={typed}
          onChange={({ currentTarget: { value } }) => {
            setTyped(value);
            combobox.openDropdown();
          }}
          onClick={() => combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
        />
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Options mah={260} style={{ overflowY: 'auto' }} aria-label={label}>
          {items.map((item) => (
            <Combobox.Option key={itemKey(item)} value={itemKey(item)}>
              <Group justify="space-between" wrap="nowrap" gap="xs">
                <Text size="sm">
                  {item.title}
                  {item.by && ` (${item.by})`}
                </Text>
                <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
                  {words.likes(item.liked)}
                </Text>
              </Group>
            </Combobox.Option>
          ))}
          {title !== '' && <Combobox.Option value={TYPED}>{words.typed(title)}</Combobox.Option>}
          {title === '' && items.length === 0 && (
            <Combobox.Empty>{found.error ? words.failed : words.nothing}</Combobox.Empty>
          )}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

// The history, as it stands in the prompt: each title liked or not, in an order that can be changed.
import { ActionIcon, Button, CloseButton, Group, Table, Text, VisuallyHidden } from '@mantine/core';
import type { HistoryItem } from '@tallrec/shared/sample';
import { useEffect, useRef, useState } from 'react';
import { ItemTitle } from '../../parts/item-title.tsx';
import { likedColor } from '../../parts/series-style.tsx';
import { texts } from '../../texts.ts';
import { withLiked, withMoved, withoutRead } from './trial.ts';
import type { TrialView } from './use-trial.ts';

const words = texts.playground.taste;

interface HistoryProps {
  history: readonly HistoryItem[];
  change: TrialView['change'];
}

export function HistoryTable({ history, change }: HistoryProps) {
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
                color={likedColor(item.liked)}
                c="var(--mantine-color-text)"
                fw={500}
                fullWidth
                onClick={() => change((before) => withLiked(before, row, !item.liked))}
              >
                {item.liked ? words.liked : words.notLiked}
                <VisuallyHidden>: {item.title}</VisuallyHidden>
              </Button>
            </Table.Td>
            <Table.Td>
              <ItemTitle>{item.title}</ItemTitle>
            </Table.Td>
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

// The few numbers that a page begins with.
import { Group, Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** In rows that are filled, whatever their count. */
export function Tiles({ children }: { children: ReactNode }) {
  return (
    <Group grow preventGrowOverflow={false} gap="sm" align="stretch">
      {children}
    </Group>
  );
}

interface TileProps {
  name: string;
  value: ReactNode;
  hint?: string;
}

export function Tile({ name, value, hint }: TileProps) {
  return (
    <Paper withBorder px="md" py="sm" miw={132} maw={320}>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text size="xl" fw={600}>
        {value}
      </Text>
      {hint && (
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
      )}
    </Paper>
  );
}

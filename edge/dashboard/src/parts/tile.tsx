// One number that a page begins with.
import { Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface TileProps {
  name: string;
  value: ReactNode;
  hint?: string;
}

export function Tile({ name, value, hint }: TileProps) {
  return (
    <Paper withBorder px="md" py="sm">
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

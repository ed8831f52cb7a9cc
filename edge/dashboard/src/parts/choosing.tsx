// Some of a list are chosen, to be set side by side.
import { Button, Group, Text } from '@mantine/core';
import { texts } from '../texts.ts';

const words = texts.choosing;

interface ChoosingProps {
  /** Ids; null while nothing is being chosen. */
  chosen: readonly string[] | null;
  onChange: (chosen: readonly string[] | null) => void;
  /** Where those are set side by side. */
  hrefOf: (ids: readonly string[]) => string;
}

export function Choosing({ chosen, onChange, hrefOf }: ChoosingProps) {
  if (!chosen) {
    return (
      <Button size="xs" variant="default" onClick={() => onChange([])}>
        {words.begin}
      </Button>
    );
  }
  const enough = chosen.length > 1;
  return (
    <Group gap="sm">
      {!enough && (
        <Text size="sm" c="dimmed">
          {words.hint}
        </Text>
      )}
      {enough && (
        <Button size="xs" component="a" href={hrefOf(chosen)}>
          {words.go(chosen.length)}
        </Button>
      )}
      <Button size="xs" variant="default" onClick={() => onChange(null)}>
        {words.end}
      </Button>
    </Group>
  );
}

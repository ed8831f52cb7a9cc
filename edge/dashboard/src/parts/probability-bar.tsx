// A probability as a bar with its number beside it.
import { Group, Progress, Text } from '@mantine/core';
import { formatProbability } from './formats.tsx';

export function ProbabilityBar({ value }: { value: number }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Progress value={100 * value} flex={1} miw={60} size="lg" aria-hidden />
      <Text inherit w="3.5em" ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
        {formatProbability(value)}
      </Text>
    </Group>
  );
}

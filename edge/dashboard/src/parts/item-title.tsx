// The title of an item, as its data has it: two lines at most, the whole of it on hover, and never turning round what stands beside it.
import { Text } from '@mantine/core';

export function ItemTitle({ children }: { children: string }) {
  return (
    <Text component="bdi" inherit lineClamp={2} title={children} style={{ overflowWrap: 'anywhere' }}>
      {children}
    </Text>
  );
}

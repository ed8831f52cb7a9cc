// In place of the one function that Mantine's scroll area takes from floating-ui, which is made for menus and brings all that they need.
import { useMergedRef } from '@mantine/hooks';
import type { Ref, RefCallback } from 'react';

export function useMergeRefs<T>(refs: readonly (Ref<T> | undefined)[]): RefCallback<T> {
  return useMergedRef<T>(...refs);
}

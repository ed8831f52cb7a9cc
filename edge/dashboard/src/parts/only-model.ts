// Where all nodes hold one and the same model, there is nothing to choose.
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { modelsQuery } from '../queries/models.ts';

/** Chooses the only model, once it is known, where none was chosen. */
export function useOnlyModel(chosen: string | null, choose: (model: string) => void): void {
  const { data } = useQuery(modelsQuery);
  const held = [...new Set((data?.items ?? []).map(({ name }) => name))];
  const only = held.length === 1 ? held[0] : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is chosen once, and may then be taken away
  useEffect(() => {
    if (only !== undefined && chosen === null) choose(only);
  }, [only]);
}

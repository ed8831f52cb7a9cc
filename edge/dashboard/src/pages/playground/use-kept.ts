// What the browser keeps for this window and this workspace, over reloads, until the window is closed.
import { useSessionStorage } from '@mantine/hooks';
import { parseJson } from '@tallrec/shared/json';
import { useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { sessionQuery } from '../../queries/session.ts';

/** Null where nothing was kept, or nothing that is of this schema. */
export function useKept<T>(name: string, schema: z.ZodType<T>) {
  const { data: session } = useQuery(sessionQuery);
  return useSessionStorage<T | null>({
    key: `tallrec-${name}-${session?.workspace.id}`,
    defaultValue: null,
    getInitialValueInEffect: false,
    deserialize: (text) => schema.safeParse(parseJson(text ?? '')).data ?? null,
  });
}

// A list of the API whole: page after page, up to a bound.
import { LIMITS } from '@tallrec/shared/limits';
import { pageOf } from '@tallrec/shared/wire/page';
import type { z } from 'zod';
import { call } from '../api.ts';

/** Pages that are asked for at most. */
const PAGES = 20;

export interface Whole<T> {
  /** The newest first. */
  items: T[];
  /** False where there are more than were asked for. */
  complete: boolean;
}

interface EveryPageOptions<S extends z.ZodType> {
  item: S;
  query?: Record<string, string>;
  signal: AbortSignal;
}

export async function everyPage<S extends z.ZodType>(
  path: `/v1/${string}`,
  { item, query = {}, signal }: EveryPageOptions<S>,
): Promise<Whole<z.output<S>>> {
  const answer = pageOf(item);
  const items: z.output<S>[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const { items: more, nextCursor } = await call('GET', path, {
      query: { ...query, limit: LIMITS.pageItems, cursor },
      answer,
      signal,
    });
    items.push(...more);
    if (nextCursor === null) return { items, complete: true };
    cursor = nextCursor;
  }
  return { items, complete: false };
}

// The first rows of a file of predictions, from its beginning.
import { parseJson } from '@tallrec/shared/json';
import { type RankedRow, rankedRowSchema, type ScoredRow, scoredRowSchema } from '@tallrec/shared/wire/scorings';
import type { z } from 'zod';

/** A last line that has no end may have been cut, and is left out. */
function rowsOf<S extends z.ZodType>(beginning: string, most: number, schema: S): z.output<S>[] {
  const lines = beginning.split('\n').slice(0, -1);
  return lines.slice(0, most).flatMap((line) => {
    const row = schema.safeParse(parseJson(line));
    return row.success ? [row.data] : [];
  });
}

export const scoredRows = (beginning: string, most: number): ScoredRow[] => rowsOf(beginning, most, scoredRowSchema);
export const rankedRows = (beginning: string, most: number): RankedRow[] => rowsOf(beginning, most, rankedRowSchema);

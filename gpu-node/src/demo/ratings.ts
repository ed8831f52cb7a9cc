// The demo's data: a part of MovieLens latest-small that the repository carries (its licence lies beside it).
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Interaction, interactionSchema } from '@tallrec/shared/interactions';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

const RATINGS = fileURLToPath(new URL('../../data/movielens/ratings.csv', import.meta.url));
const rowsSchema = z.array(interactionSchema.extend({ rating: z.coerce.number(), time: z.coerce.number() }));

export interface DemoRatings {
  ratings: Interaction[];
  /** The same as a CSV file. */
  csv: Uint8Array<ArrayBuffer>;
  users: number;
}

/** @param users how many people's ratings, the first of the file; all when left out */
export async function demoRatings(users = Number.POSITIVE_INFINITY): Promise<DemoRatings> {
  const text = await readFile(RATINGS, 'utf8');
  const all = rowsSchema.parse(parse(text, { columns: true }));
  const kept = new Set([...new Set(all.map(({ user }) => user))].slice(0, users));
  const ratings = all.filter(({ user }) => kept.has(user));
  // The file is grouped by user, so that the first users are its first lines.
  const lines = text.split('\n').slice(0, ratings.length + 1);
  return { ratings, csv: new TextEncoder().encode(`${lines.join('\n')}\n`), users: kept.size };
}

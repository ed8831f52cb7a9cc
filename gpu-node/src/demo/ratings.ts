// The demo's data: a part of MovieLens latest-small that the repository carries (its licence lies beside it).
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Interaction, interactionSchema } from '@tallrec/shared/interactions';
import { itemFeatures } from '@tallrec/shared/item-opinions';
import type { Item } from '@tallrec/shared/sample';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { readItemFacts } from '../data/read-item-facts.ts';

const RATINGS = fileURLToPath(new URL('../../data/movielens/ratings.csv', import.meta.url));
const ITEMS = fileURLToPath(new URL('../../data/movielens/items.csv', import.meta.url));
const rowsSchema = z.array(interactionSchema.extend({ rating: z.coerce.number(), time: z.coerce.number() }));

export interface DemoRatings {
  ratings: Interaction[];
  /** The same as a CSV file. */
  csv: Uint8Array<ArrayBuffer>;
  users: number;
}

/** @param perUser how many ratings of each person, the earliest; all when left out */
export async function demoRatings(perUser = Number.POSITIVE_INFINITY): Promise<DemoRatings> {
  const text = await readFile(RATINGS, 'utf8');
  const [header, ...lines] = text.trimEnd().split('\n');
  const counts = new Map<string, number>();
  const all = rowsSchema.parse(parse(text, { columns: true }));
  const kept = all.map(({ user }) => {
    counts.set(user, (counts.get(user) ?? 0) + 1);
    return counts.get(user)! <= perUser;
  });
  const csv = [header, ...lines.filter((_, i) => kept[i])].map((line) => `${line}\n`).join('');
  return { ratings: all.filter((_, i) => kept[i]), csv: new TextEncoder().encode(csv), users: counts.size };
}

export interface DemoFacts {
  films: number;
  /** How well a film was liked: its share of likes, shrunk to that of all films where few rated it. */
  scoreOf: (film: Item) => number;
  csv: Uint8Array<ArrayBuffer>;
}

/** What the people whom the default model has read thought of the films: nobody of those who rate in the demo is counted. */
export async function demoFacts(): Promise<DemoFacts> {
  const text = await readFile(ITEMS, 'utf8');
  const featuresOf = itemFeatures(await readItemFacts(ITEMS));
  return {
    films: text.trimEnd().split('\n').length - 1,
    scoreOf: (film) => featuresOf(film).itemMean,
    csv: new TextEncoder().encode(text),
  };
}

// What other records than the samples tell of an item: how many people rated it, and how many of them liked it.
import { z } from 'zod';
import { countSchema } from './counts.ts';
import type { ItemStatistics } from './item-opinions.ts';
import { itemKey } from './metrics.ts';
import { creatorSchema, dataIdSchema, titleSchema } from './sample.ts';

export const itemFactSchema = z
  .object({
    id: dataIdSchema().optional(),
    title: titleSchema.optional(),
    by: creatorSchema.optional(),
    likes: countSchema(),
    ratings: countSchema(),
  })
  .refine(({ id, title }) => id !== undefined || title !== undefined, 'expected an id or a title')
  .refine(({ likes, ratings }) => likes <= ratings, 'expected no more likes than ratings');
export type ItemFact = z.infer<typeof itemFactSchema>;

/** What samples may call the item, as `itemKey` has it: one with an id and a title is found by either. */
export function keysOfFact({ id, title, by }: Pick<ItemFact, 'id' | 'title' | 'by'>): string[] {
  return [id, title === undefined ? undefined : itemKey({ title, by })].filter((key) => key !== undefined);
}

/** Its rows in `ItemStatistics`. */
export function rowsOfFact(fact: ItemFact): ItemStatistics['items'] {
  return keysOfFact(fact).map((key) => [key, fact.likes, fact.ratings]);
}

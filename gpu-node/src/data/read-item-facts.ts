// Facts about items from a file: how many people liked and rated each, from other records than the samples.
import { readFile } from 'node:fs/promises';
import { TallrecError } from '@tallrec/shared/errors';
import { samplingSchema } from '@tallrec/shared/interactions';
import { type ItemStatistics, itemStatisticsSchema } from '@tallrec/shared/item-opinions';
import { parseJson } from '@tallrec/shared/json';
import type { BadRows } from '@tallrec/shared/wire/datasets';
import { type OnWarning, passFile, unreadable } from './read-file.ts';

export interface ItemFactsOptions {
  onWarning?: OnWarning | undefined;
  badRows?: BadRows | undefined;
}

/**
 * Rows of an id or a title, by, ratings, and likes or their share: see `checkItemFact`. A row with an id and a title is found by
 * either; of two rows of one item the first counts.
 * @throws TallrecError naming the file, the line and what is wrong
 */
export async function readItemFacts(
  path: string,
  { onWarning = () => undefined, badRows }: ItemFactsOptions = {},
): Promise<ItemStatistics> {
  const form = {
    kind: 'item-facts' as const,
    format: null,
    columns: null,
    sampling: samplingSchema.parse({}),
    badRows,
  };
  return (await passFile(path, form, onWarning)).itemStatistics();
}

/**
 * The document that the service makes of such a file.
 * @throws TallrecError when it is damaged
 */
export async function readFactsDocument(path: string): Promise<ItemStatistics> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  const parsed = itemStatisticsSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new TallrecError('VALIDATION_FAILED', 'The facts about items are damaged.', {
    fix: 'Upload their dataset again.',
    cause: parsed.error,
  });
}

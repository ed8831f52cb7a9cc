// Facts about items from a file: how many people liked and rated each, from other records than the samples.
import { TallrecError } from '@tallrec/shared/errors';
import { type ItemStatistics, withinLimits } from '@tallrec/shared/item-opinions';
import { LIMITS } from '@tallrec/shared/limits';
import { itemKey } from '@tallrec/shared/metrics';
import { parseId, roundedId } from '@tallrec/shared/rows/checks/check-interaction';
import { cutText } from '@tallrec/shared/rows/checks/cut-text';
import { FileReader } from '@tallrec/shared/rows/files/file-reader';
import { isBad } from '@tallrec/shared/rows/row-reader';
import { z } from 'zod';
import { refused, textOf, unreadable } from './read-file.ts';

const FIX = 'Give each item a row with its id or title, likes and ratings.';

const emptyAsNone = (value: unknown) => (value === '' || value === null ? undefined : value);
// Ids and texts as the rows of ratings and catalogues get them: items are found by what these are called.
const idText = z
  .unknown()
  .superRefine((value, context) => {
    const rounded = roundedId(value);
    if (rounded) context.addIssue({ code: 'custom', message: rounded.problem });
  })
  .transform((value) => emptyAsNone(parseId(value)))
  .pipe(z.string().max(LIMITS.idCharacters).optional())
  .optional();
const text = z.preprocess((value) => emptyAsNone(cutText(value).text), z.string().optional());
const count = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
  z.int('expected a whole number').min(0).max(LIMITS.count),
);

const factSchema = z
  .looseObject({ id: idText, item: idText, title: text, by: text, likes: count, ratings: count })
  .refine(({ id, item, title }) => (id ?? item ?? title) !== undefined, 'expected an id or a title')
  .refine(({ likes, ratings }) => likes <= ratings, 'expected no more likes than ratings');

/**
 * Rows {id or title, by?, likes, ratings}, in any format that samples come in. A row with an id and a title is found by either; of two rows of one item the
 * first counts.
 * @throws TallrecError naming the file, the line and what is wrong
 */
export async function readItemFacts(path: string): Promise<ItemStatistics> {
  const reader = new FileReader({ layout: null, needed: ['likes', 'ratings'], named: null, format: null });
  const items = new Map<string, ItemStatistics['items'][number]>();
  const sum = { likes: 0, ratings: 0 };
  const take = (rows: ReturnType<FileReader['push']>) => {
    for (const row of rows) {
      if (isBad(row)) throw refused(path, row, 1);
      const parsed = factSchema.safeParse(row.value);
      if (!parsed.success) {
        const issue = parsed.error.issues[0]!;
        const column = issue.path.length > 0 ? issue.path.join('.') : null;
        throw refused(path, { line: row.line, column, problem: issue.message, fix: FIX }, 1);
      }
      const { item, id = item, title, by, likes, ratings } = parsed.data;
      const keys = [id, title === undefined ? undefined : itemKey({ title, by })].filter((key) => key !== undefined);
      if (keys.some((key) => items.has(key))) continue;
      for (const key of keys) items.set(key, [key, likes, ratings]);
      sum.likes += likes;
      sum.ratings += ratings;
    }
  };
  try {
    for await (const chunk of textOf(path)) take(reader.push(chunk));
  } catch (cause) {
    if (cause instanceof TallrecError) throw cause;
    throw unreadable(path, cause);
  }
  take(reader.end());
  if (items.size > 0) return { ...sum, items: withinLimits([...items.values()]) };
  throw new TallrecError('VALIDATION_FAILED', `${path} has no items.`, {
    fix: FIX,
  });
}

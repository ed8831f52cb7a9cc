// Reads ratings files: MovieLens-100K as published, CSV with a header, or JSONL.
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { type Interaction, interactionSchema } from '@tallrec/shared/interactions';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { readText } from './read-rows.ts';

export const INTERACTION_FORMATS = ['ml-100k', 'csv', 'jsonl'] as const;
export type InteractionFormat = (typeof INTERACTION_FORMATS)[number];

const csvRowSchema = interactionSchema.extend({
  rating: z.coerce.number(),
  time: z.coerce.number(),
  by: z
    .string()
    .optional()
    .transform((by) => by || undefined)
    .pipe(interactionSchema.shape.by),
});

/**
 * @param path a file; for ml-100k also the directory that holds u.data and u.item
 * @throws TallrecError naming the line, the column and what was wrong
 */
export async function readInteractions(path: string, format: InteractionFormat): Promise<Interaction[]> {
  if (format === 'ml-100k') return readMovieLens100K(path);
  return format === 'csv' ? readCsv(path) : readJsonl(path);
}

export function guessFormat(path: string): InteractionFormat {
  if (/\.csv$/i.test(path)) return 'csv';
  return /\.(jsonl|ndjson)$/i.test(path) ? 'jsonl' : 'ml-100k';
}

/** u.data holds user, item, rating and time by tabs; u.item has the titles, in ISO-8859-1. */
async function readMovieLens100K(path: string): Promise<Interaction[]> {
  const isDirectory = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  const dataPath = isDirectory ? join(path, 'u.data') : path;
  const itemPath = join(dirname(dataPath), 'u.item');
  const titles = new Map<string, string>();
  for (const line of (await readText(itemPath, 'latin1')).split('\n')) {
    const [item, title] = line.split('|');
    if (item && title) titles.set(item, title);
  }
  return (await readText(dataPath)).split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const [user, item, rating, time] = line.trim().split('\t');
    const title = titles.get(item ?? '');
    const place = `${dataPath}, line ${index + 1}`;
    if (time === undefined) throw invalid(place, 'expected user, item, rating and time with tabs between');
    if (!title) throw invalid(place, `${itemPath} has no title for the item ${item}`);
    return [checked({ user, item, title, rating: Number(rating), time: Number(time) }, interactionSchema, place)];
  });
}

async function readCsv(path: string): Promise<Interaction[]> {
  let records: { record: unknown; info: { lines: number } }[];
  try {
    records = parse(await readText(path), { columns: true, info: true, skip_empty_lines: true, bom: true });
  } catch (cause) {
    if (cause instanceof TallrecError) throw cause;
    throw invalid(path, (cause as Error).message.replace(/\.$/, ''));
  }
  return records.map(({ record, info }) => checked(record, csvRowSchema, `${path}, line ${info.lines}`));
}

async function readJsonl(path: string): Promise<Interaction[]> {
  return (await readText(path)).split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const place = `${path}, line ${index + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw invalid(place, 'it is not JSON');
    }
    return [checked(value, interactionSchema, place)];
  });
}

function checked(value: unknown, schema: z.ZodType<Interaction>, place: string): Interaction {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalid(place, `${issue.path.join('.') || 'row'}: ${issue.message}`);
}

function invalid(place: string, what: string): TallrecError {
  return new TallrecError('VALIDATION_FAILED', `${place}: ${what}.`, {
    fix: 'Ratings need the columns user, item, title, rating and time, and may have by (the creator).',
  });
}

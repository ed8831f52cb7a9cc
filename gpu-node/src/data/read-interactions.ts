// Reads ratings files: MovieLens-100K as published, CSV with a header, or JSONL.
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import type { Interaction } from '@tallrec/shared/interactions';
import { checkInteraction, jsonKeyMapper } from '@tallrec/shared/rows/check-interaction';
import { mapColumns, namesOf } from '@tallrec/shared/rows/columns';
import type { RowFault } from '@tallrec/shared/rows/row-fault';
import { parse } from 'csv-parse/sync';
import { readText } from './read-rows.ts';

export const INTERACTION_FORMATS = ['ml-100k', 'csv', 'jsonl'] as const;
export type InteractionFormat = (typeof INTERACTION_FORMATS)[number];

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
    return [checked({ user, item, title, rating, time }, place)];
  });
}

interface CsvRecord {
  record: string[];
  info: { lines: number };
}

async function readCsv(path: string): Promise<Interaction[]> {
  let records: CsvRecord[];
  try {
    // With `info` a record comes with its line, which the library's types leave out.
    records = parse(await readText(path), { info: true, skip_empty_lines: true, bom: true }) as unknown as CsvRecord[];
  } catch (cause) {
    if (cause instanceof TallrecError) throw cause;
    throw invalid(path, (cause as Error).message.replace(/\.$/, ''));
  }
  const [header, ...rows] = records;
  const { index, missing } = mapColumns(header?.record ?? []);
  const [lacking] = missing;
  if (lacking) {
    throw invalid(`${path}, line 1`, `the header has no column for ${lacking} (${namesOf(lacking)})`);
  }
  const columns = Object.entries(index);
  return rows.map(({ record, info }) =>
    checked(Object.fromEntries(columns.map(([column, at]) => [column, record[at]])), `${path}, line ${info.lines}`),
  );
}

async function readJsonl(path: string): Promise<Interaction[]> {
  const mapKeys = jsonKeyMapper();
  return (await readText(path)).split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const place = `${path}, line ${index + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw invalid(place, 'it is not JSON');
    }
    const columns = mapKeys(value);
    if ('faults' in columns) throw refused(place, columns.faults);
    return [checked(columns, place)];
  });
}

function checked(columns: Parameters<typeof checkInteraction>[0], place: string): Interaction {
  const result = checkInteraction(columns);
  if ('value' in result) return result.value;
  throw refused(place, result.faults);
}

function refused(place: string, [fault]: readonly RowFault[]): TallrecError {
  const { column, problem, fix } = fault!;
  return new TallrecError('VALIDATION_FAILED', `${place}: ${column ? `${column}: ` : ''}${problem}`, { fix });
}

function invalid(place: string, what: string): TallrecError {
  return new TallrecError('VALIDATION_FAILED', `${place}: ${what}.`, {
    fix: 'Ratings need the columns user, item, title, rating and time, and may have by (the creator).',
  });
}

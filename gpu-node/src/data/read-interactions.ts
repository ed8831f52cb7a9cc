// Ratings from files, with the titles of their items from a second file where the first has none, as MovieLens is published.
import { isUtf8 } from 'node:buffer';
import { readFile as readWhole, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { type Interaction, type Sampling, samplingSchema } from '@tallrec/shared/interactions';
import type { Titles } from '@tallrec/shared/rows/checks/row-check';
import type { NamedColumns } from '@tallrec/shared/rows/columns/columns';
import { RowPass } from '@tallrec/shared/rows/row-pass';
import type { BadRows, DatasetFormat } from '@tallrec/shared/wire/datasets';
import { type OnWarning, readFile, refused, textOf, unreadable } from './read-file.ts';

export interface InteractionsOptions {
  /** What the file is said to be, where its content does not tell. */
  format?: DatasetFormat | undefined;
  columns?: NamedColumns | undefined;
  sampling?: Sampling;
  badRows?: BadRows | undefined;
  /** A file with the titles of the items. */
  titles?: string | undefined;
  /** Whether the rows are in their normalised form, and were judged as they got it. */
  judged?: boolean;
  onWarning?: OnWarning | undefined;
}

/** Ratings files of published data sets, and where the titles of their items are. */
const PUBLISHED = [
  { ratings: 'u.data', titles: 'u.item' },
  { ratings: 'ratings.dat', titles: 'movies.dat' },
  { ratings: 'ratings.csv', titles: 'movies.csv' },
] as const;
/** By their documentation in ISO-8859-1. */
const LATIN1: readonly string[] = ['u.item', 'movies.dat'];

/**
 * @param path a file, or the directory of a published data set
 * @throws TallrecError naming the file, the line, the column and what was wrong
 */
export async function readInteractions(path: string, options: InteractionsOptions = {}): Promise<Interaction[]> {
  const { format = null, columns = null, sampling = samplingSchema.parse({}), badRows, judged, onWarning } = options;
  const file = await ratingsFile(path);
  const form = { kind: 'interactions' as const, format, columns, sampling, badRows, judged };
  const titlesFile = options.titles ?? (await titlesBeside(file, new RowPass(form)));
  const titles = titlesFile === undefined ? undefined : await readTitles(titlesFile, onWarning);
  return (await readFile(file, { ...form, titles }, onWarning)).map(({ row }) => row);
}

const isFile = (path: string) =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );

async function ratingsFile(path: string): Promise<string> {
  const isDirectory = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isDirectory) return path;
  for (const { ratings } of PUBLISHED) if (await isFile(join(path, ratings))) return join(path, ratings);
  const known = PUBLISHED.map(({ ratings }) => ratings).join(', ');
  throw new TallrecError('NOT_FOUND', `${path} is a directory without ratings of a known name (${known}).`, {
    fix: 'Name the file itself.',
  });
}

/** Of a published file without titles. */
async function titlesBeside(path: string, pass: RowPass): Promise<string | undefined> {
  const known = PUBLISHED.find(({ ratings }) => ratings === basename(path));
  const titles = known && join(dirname(path), known.titles);
  if (!titles || !(await isFile(titles))) return undefined;
  try {
    for await (const chunk of textOf(path)) {
      pass.push(chunk);
      break;
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
  pass.end();
  return pass.columnNames.title === undefined ? titles : undefined;
}

async function readTitles(path: string, onWarning?: OnWarning): Promise<Titles> {
  const pass = new RowPass({ kind: 'items', format: null, columns: null, sampling: samplingSchema.parse({}) });
  const titles = new Map<string, { title: string; by?: string }>();
  const take = (rows: ReturnType<RowPass['push']>) => {
    for (const { checked } of rows) {
      if (checked.kind !== 'items') continue;
      const { id, title, by } = checked.row;
      if (id !== undefined) titles.set(id, { title, ...(by === undefined ? {} : { by }) });
    }
  };
  try {
    for await (const chunk of LATIN1.includes(basename(path)) ? latin1Text(path) : textOf(path)) take(pass.push(chunk));
  } catch (cause) {
    throw unreadable(path, cause);
  }
  take(pass.end());
  // An item without a title is missed only where it was rated.
  const [error] = pass.rowErrors;
  if (error && (pass.broken || titles.size === 0)) throw refused(path, error, pass.errorCount);
  if (pass.cutWarning) onWarning?.(`${path}: ${pass.cutWarning}`);
  if (titles.size > 0) return titles;
  throw new TallrecError('VALIDATION_FAILED', `${path} names no ids of items beside their titles.`, {
    fix: 'It needs a column for item and one for title.',
  });
}

async function* latin1Text(path: string): AsyncGenerator<Uint8Array> {
  const bytes = await readWhole(path);
  yield isUtf8(bytes) ? bytes : Buffer.from(bytes.toString('latin1'));
}

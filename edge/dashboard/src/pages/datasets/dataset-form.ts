// The form of a new dataset: its values, what they are guessed to be, and the request that they make.
import { type Sampling, samplingSchema } from '@tallrec/shared/interactions';
import type { Column, NamedColumns } from '@tallrec/shared/rows/columns/columns';
import { type BadRows, createDatasetSchema, type DatasetKind } from '@tallrec/shared/wire/datasets';
import type { z } from 'zod';
import { fieldErrors, filled } from '../../parts/field-errors.ts';
import { texts } from '../../texts.ts';
import { type Beginning, columnsOf, interactionsOf, type Look, readBeginning } from './beginning.ts';
import { guessColumns } from './guess-columns.ts';

const words = texts.datasetForm.columns;

/** What a number field holds. */
type NumberValue = number | string;

export interface DatasetValues {
  name: string;
  kind: DatasetKind;
  /** Those that their names do not tell, and those that were corrected by hand. */
  columns: NamedColumns;
  badRows: BadRows;
  likedAbove: NumberValue;
  /** Empty where every rating is one. */
  unrated: NumberValue;
  historyLength: NumberValue;
  noun: string;
  parts: NumberValue[];
}

/** What items are called, by the names of the file and of its columns. */
const NOUNS: readonly [RegExp, string][] = [
  [/book|isbn|author/i, 'book'],
  [/song|track|artist/i, 'song'],
  [/game/i, 'game'],
];

export function initialValues(fileName: string, look: Look, beginning: Beginning): DatasetValues {
  const { historyLength, likedAbove, noun, parts } = samplingSchema.parse({});
  const { kind, format } = look;
  const columns = guessColumns(look, kind);
  const ratings = interactionsOf(readBeginning(beginning, { kind, format, named: columns })).map(
    ({ rating }) => rating,
  );
  return {
    name: fileName.replace(/\.[^.]{1,8}$/, '').slice(0, 100),
    kind,
    columns,
    badRows: 'refuse',
    likedAbove: likedAboveFor(ratings) ?? likedAbove,
    unrated: '',
    historyLength,
    noun: NOUNS.find(([pattern]) => [fileName, ...look.header].some((name) => pattern.test(name)))?.[1] ?? noun,
    parts,
  };
}

/**
 * @param known what each column of ours is called, named or guessed
 * @returns as they are named once this one is so: another that was is open again, but for titles that stand for ids
 */
export function namedBy(known: NamedColumns, named: NamedColumns, column: Column, name: string): NamedColumns {
  const pair: Partial<Record<Column, Column>> = { item: 'title', title: 'item' };
  const partner = pair[column];
  const others = Object.entries(named).filter(([other, taken]) => taken !== name || other === partner);
  return {
    ...Object.fromEntries(others),
    ...(partner && known[partner] === name ? { [partner]: name } : {}),
    [column]: name,
  };
}

/** Of the scales in use: yes and no, five stars, ten points, a hundred. */
export function likedAboveFor(ratings: Iterable<number>): number | null {
  let most: number | null = null;
  for (const rating of ratings) if (most === null || rating > most) most = rating;
  if (most === null) return null;
  if (most <= 1) return 0.5;
  return most <= 5 ? 3 : Math.ceil(most / 2);
}

interface Announced {
  format: Look['format'];
  bytes: number;
  sha256?: string;
}

export function requestOf(values: DatasetValues, announced: Announced): z.input<typeof createDatasetSchema> {
  const { name, kind, columns, badRows } = values;
  const body = {
    ...filled({ name: name.trim() }),
    kind,
    ...announced,
    ...(kind === 'interactions' ? { sampling: samplingOf(values) } : {}),
    ...(Object.keys(columns).length > 0 ? { columns } : {}),
    ...(badRows === 'refuse' ? {} : { badRows }),
  };
  return body as z.input<typeof createDatasetSchema>;
}

function samplingOf({ likedAbove, unrated, historyLength, noun, parts }: DatasetValues) {
  return filled({ likedAbove, unrated, historyLength, noun: noun.trim(), parts: parts.map(Number) });
}

/** Null while a field holds something else. */
export function validSampling(values: DatasetValues): Sampling | null {
  const parsed = samplingSchema.safeParse(samplingOf(values));
  return parsed.success ? parsed.data : null;
}

/** The fields of the form by what the request calls them. */
export function shownErrors(errors: Record<string, string>): Record<string, string> {
  const fieldOf = (path: string) => path.replace(/^sampling\./, '').replace(/^(parts)\..+/, '$1');
  return Object.fromEntries(Object.entries(errors).map(([path, problem]) => [fieldOf(path), problem]));
}

export function datasetErrors(values: DatasetValues, look: Look, bytes: number): Record<string, string> {
  const lacking = columnsOf(look.header, values.kind, values.columns)?.missing ?? [];
  return {
    ...shownErrors(fieldErrors(createDatasetSchema, requestOf(values, { format: look.format, bytes }))),
    ...Object.fromEntries(lacking.map((column) => [`columns.${column}`, words.lacking])),
  };
}

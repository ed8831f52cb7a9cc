// One rating: text or JSON in, an interaction or every fault of the row out.
import { type Interaction, interactionSchema } from '../../interactions.ts';
import { type Column, doubtfulColumn, type Layout, type NamedColumns, RATINGS } from '../columns/columns.ts';
import { KeyMaps } from '../columns/key-maps.ts';
import { type RowFault, shown } from '../row-fault.ts';
import { cutText } from './cut-text.ts';
import { noTextFault } from './no-text.ts';
import type { Notation } from './notation.ts';
import { ratingFix } from './rating-forms.ts';

export function parseId(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value.trim() : value;
}

/** Why a number is no id: that its last digits are not known. */
export function roundedId(value: unknown): Pick<RowFault, 'problem' | 'fix'> | null {
  if (typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER) return null;
  return {
    problem: `${value} is too large for a number with a decimal point or an exponent to hold all digits of an id: others may have become the same.`,
    fix: 'Write ids as integers or as texts; in pandas read them with dtype=str or "Int64".',
  };
}

const ID_COLUMNS = ['user', 'item'] as const;

const FIXES: Partial<Record<Column, string>> = {
  user: 'Give every row the id of its user.',
  item: 'Give every row the id of its item.',
  title: 'Give every row the title of its item: the model reads titles.',
  rating: 'Write a number with a decimal point, such as 4 or 3.5.',
  time: 'Write Unix time in seconds, such as 978300760, or a date with all digits of its year, such as 2015-03-01T12:00:00Z or 01.03.2015.',
  by: 'Leave it out or write the name of the creator.',
};

/** Book-Crossing and others are published so. */
export const WITHOUT_TIME =
  'Where nothing tells when items were rated, add a column time with 0 in every row: histories then keep the order of the file.';

/** The columns of a row by their names here, as text (CSV) or JSON values. */
export type Cells = Partial<Record<Column, unknown>>;

/**
 * @param names what the columns are called in the file
 * @param notation how it writes numbers and dates
 */
export function checkInteraction(
  row: Cells,
  names: NamedColumns,
  notation: Notation,
): { value: Interaction; isCut: boolean } | { faults: RowFault[] } {
  const rating = notation.number(row.rating);
  const time = notation.time(row.time);
  const [title, { text: by, isCut }] = [cutText(row.title), cutText(row.by)];
  const candidate = {
    user: parseId(row.user),
    item: parseId(row.item),
    title: title.text,
    rating,
    time,
    ...(by === undefined || by === null || by === '' ? {} : { by }),
  };
  const rounded = ID_COLUMNS.flatMap((column) => {
    const fault = roundedId(row[column]);
    return fault ? [{ column: names[column] ?? column, ...fault }] : [];
  });
  if (rounded.length > 0) return { faults: rounded };
  const parsed = interactionSchema.safeParse(candidate);
  if (parsed.success) return { value: parsed.data, isCut: isCut || title.isCut };
  const faults = parsed.error.issues.map((issue) => {
    const column = String(issue.path[0] ?? '') as Column;
    const given = row[column];
    const name = names[column] ?? column;
    const fault = { column: name, problem: issue.message, fix: FIXES[column] ?? '' };
    if (column === 'time' && names.time === undefined) fault.fix = `${fault.fix} ${WITHOUT_TIME}`;
    if (given === undefined || given === null || given === '') return { ...fault, problem: `${name} is missing.` };
    const noText = noTextFault(given);
    if (noText) return { column: name, ...noText };
    if (column === 'rating') {
      const fix = ratingFix(given) ?? fault.fix;
      return { ...fault, problem: `${shown(given)} is not a number.`, fix, ...notation.fault(given) };
    }
    if (column === 'time') return { ...fault, problem: `${shown(given)} is not a time.`, ...notation.fault(given) };
    return fault;
  });
  return { faults };
}

const EXAMPLE: Partial<Record<Column, unknown>> = {
  user: '1',
  item: '1193',
  title: '…',
  rating: 5,
  time: 978300760,
  likes: 30,
  ratings: 40,
};

export interface MappedRow {
  cells: Cells;
  /** What these columns are called in the file. */
  names: NamedColumns;
}

export type KeyMapper = (row: unknown) => MappedRow | { faults: RowFault[]; hopeless?: boolean };

/** Reads JSON objects with the usual names for the columns, or these. */
export function jsonKeyMapper(layout: Layout = RATINGS, named: NamedColumns | null = null): KeyMapper {
  const { columns } = layout;
  const example = Object.fromEntries(
    columns.filter((column) => column in EXAMPLE).map((name) => [name, EXAMPLE[name]]),
  );
  const maps = new KeyMaps(layout, named);
  return (row) => {
    if (row === null || typeof row !== 'object' || Array.isArray(row)) {
      const fix = `Write ${JSON.stringify(example)}.`;
      return { faults: [{ column: null, problem: `${shown(row)} is not a JSON object.`, fix }] };
    }
    const { names, missing, doubtful } = maps.of(Object.keys(row));
    const doubt = doubtful.find(({ column }) => missing.includes(column));
    if (doubt) return { faults: [doubtfulColumn(doubt)], hopeless: true };
    const cells: Cells = {};
    for (const column of columns) {
      const name = names[column];
      if (name !== undefined) cells[column] = (row as Record<string, unknown>)[name];
    }
    return { cells, names };
  };
}

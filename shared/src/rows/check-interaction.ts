// One rating: text or JSON in, an interaction or every fault of the row out.
import { type Interaction, interactionSchema } from '../interactions.ts';
import {
  type Column,
  type ColumnMap,
  doubtfulColumn,
  type Layout,
  mapColumns,
  type NamedColumns,
  RATINGS,
} from './columns.ts';
import { type RowFault, shown } from './row-fault.ts';

const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** Beyond these a number of seconds would lie past the year 5000: it counts smaller units. */
const LEAST_MILLISECONDS = 1e11;
const LEAST_MICROSECONDS = 1e14;

export function parseNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return NUMBER.test(text) ? Number(text) : undefined;
}

/** @returns Unix time in seconds: from seconds, milliseconds or microseconds, or an ISO 8601 date (UTC where it names no zone) */
export function parseTime(value: unknown): number | undefined {
  const number = parseNumber(value);
  if (number !== undefined) {
    if (number >= LEAST_MICROSECONDS) return number / 1e6;
    return number >= LEAST_MILLISECONDS ? number / 1e3 : number;
  }
  if (typeof value !== 'string' || !DATE.test(value.trim())) return undefined;
  const text = value.trim().replace(' ', 'T');
  const zoned = text.length === 10 || /(?:Z|[+-]\d{2}:?\d{2})$/.test(text.slice(10)) ? text : `${text}Z`;
  const ms = Date.parse(zoned);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

export function parseId(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value.trim() : value;
}

const FIXES: Record<Column, string> = {
  user: 'Give every row the id of its user.',
  item: 'Give every row the id of its item.',
  title: 'Give every row the title of its item: the model reads titles.',
  rating: 'Write a number with a decimal point, such as 4 or 3.5.',
  time: 'Write Unix time in seconds, such as 978300760, or an ISO date, such as 2015-03-01T12:00:00Z.',
  by: 'Leave it out or write the name of the creator.',
};

/** @param row the columns by their names here, as text (CSV) or JSON values */
export function checkInteraction(
  row: Partial<Record<Column, unknown>>,
): { value: Interaction } | { faults: RowFault[] } {
  const rating = parseNumber(row.rating);
  const time = parseTime(row.time);
  const by = typeof row.by === 'string' ? row.by.trim() : row.by;
  const candidate = {
    user: parseId(row.user),
    item: parseId(row.item),
    title: typeof row.title === 'string' ? row.title.trim() : row.title,
    rating,
    time,
    ...(by === undefined || by === null || by === '' ? {} : { by }),
  };
  const parsed = interactionSchema.safeParse(candidate);
  if (parsed.success) return { value: parsed.data };
  const faults = parsed.error.issues.map((issue) => {
    const column = String(issue.path[0] ?? '') as Column;
    const given = row[column];
    let problem = issue.message;
    if (given === undefined || given === null || given === '') problem = `${column} is missing.`;
    else if (column === 'rating') problem = `${shown(given)} is not a number.`;
    else if (column === 'time') problem = `${shown(given)} is not a time.`;
    return { column, problem, fix: FIXES[column] ?? '' };
  });
  return { faults };
}

const EXAMPLE: Partial<Record<Column, unknown>> = { user: '1', item: '1193', title: '…', rating: 5, time: 978300760 };

export type KeyMapper = (row: unknown) => Partial<Record<Column, unknown>> | { faults: RowFault[]; hopeless?: boolean };

/** Reads JSON objects with the usual names for the columns, or these; rows mostly have the same keys, so their meaning is kept. */
export function jsonKeyMapper(layout: Layout = RATINGS, named: NamedColumns | null = null): KeyMapper {
  const { columns } = layout;
  const example = Object.fromEntries(
    columns.filter((column) => column in EXAMPLE).map((name) => [name, EXAMPLE[name]]),
  );
  const known = new Map<string, ColumnMap>();
  return (row) => {
    if (row === null || typeof row !== 'object' || Array.isArray(row)) {
      const fix = `Write ${JSON.stringify(example)}.`;
      return { faults: [{ column: null, problem: `${shown(row)} is not a JSON object.`, fix }] };
    }
    const keys = Object.keys(row);
    const signature = keys.join('\n');
    let map = known.get(signature);
    if (!map) {
      map = mapColumns(keys, layout, named);
      if (known.size < 100) known.set(signature, map);
    }
    const { names, missing, doubtful } = map;
    const doubt = doubtful.find(({ column }) => missing.includes(column));
    if (doubt) return { faults: [doubtfulColumn(doubt)], hopeless: true };
    const mapped: Partial<Record<Column, unknown>> = {};
    for (const column of columns) {
      const name = names[column];
      if (name !== undefined) mapped[column] = (row as Record<string, unknown>)[name];
    }
    return mapped;
  };
}

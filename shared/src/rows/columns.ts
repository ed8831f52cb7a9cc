// Names of columns as rating files have them, and what they are here.
import type { Interaction } from '../interactions.ts';

export type Column = keyof Interaction;

/** Our own name first, then those of well-known data sets; compared without case, spaces and punctuation. */
const NAMES: Record<Column, readonly string[]> = {
  user: ['user', 'userid', 'uid', 'reviewerid', 'customerid', 'memberid'],
  item: ['item', 'itemid', 'movieid', 'bookid', 'productid', 'isbn', 'asin', 'iid'],
  title: ['title', 'itemtitle', 'movietitle', 'booktitle', 'name', 'itemname'],
  rating: ['rating', 'score', 'stars', 'overall', 'bookrating'],
  time: ['time', 'timestamp', 'ts', 'unixreviewtime', 'datetime', 'date', 'createdat', 'ratedat'],
  by: ['by', 'author', 'creator', 'artist', 'director', 'bookauthor'],
};

export const COLUMNS = Object.keys(NAMES) as [Column, ...Column[]];

/** What each row of a file holds. */
export interface Layout {
  columns: readonly Column[];
  optional: readonly Column[];
  /** Further names that mean a column in files of this kind alone. */
  names?: Partial<Record<Column, readonly string[]>>;
}
/** Each row is a rating. */
export const RATINGS: Layout = { columns: COLUMNS, optional: ['by'] };
/** Each row is an item, as of a catalogue. */
export const ITEMS: Layout = { columns: ['item', 'title', 'by'], optional: ['item', 'by'], names: { item: ['id'] } };

/** The kinds of datasets whose files are tables. */
export const LAYOUTS = { interactions: RATINGS, items: ITEMS } as const;
export type TableKind = keyof typeof LAYOUTS;

export function isTableKind(kind: string): kind is TableKind {
  return kind in LAYOUTS;
}

/** What columns are called in the file. */
export type NamedColumns = Partial<Record<Column, string>>;

export interface ColumnMap {
  /** Index of each column in a row of the file. */
  index: Partial<Record<Column, number>>;
  /** What each is called there, as it was named or guessed. */
  names: NamedColumns;
  /** Columns that a file needs, were not named, and could not be guessed. */
  missing: Column[];
  /** Columns that were named after something that is not in the file. */
  absent: Column[];
  /** Names in the file that mean nothing here. */
  unused: string[];
}

const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/**
 * Finds out which column holds what.
 * @param header the names in the file: of its first line, or the keys of its JSON rows
 * @param named goes before what can be guessed
 */
export function mapColumns(
  header: readonly string[],
  layout: Layout = RATINGS,
  named: NamedColumns | null = null,
): ColumnMap {
  const index: ColumnMap['index'] = {};
  const absent: Column[] = [];
  for (const column of layout.columns) {
    const name = named?.[column];
    if (name === undefined) continue;
    const exact = header.indexOf(name);
    const at = exact === -1 ? header.findIndex((other) => other.trim() === name.trim()) : exact;
    if (at === -1) absent.push(column);
    else index[column] = at;
  }
  const taken = new Set(Object.values(index));
  const names = header.map((name, at) => (taken.has(at) ? null : plain(name)));
  for (const column of layout.columns) {
    if (named?.[column] !== undefined) continue;
    const known = [...(layout.names?.[column] ?? []), ...NAMES[column]];
    const name = known.find((candidate) => names.includes(candidate));
    if (name !== undefined) index[column] = names.indexOf(name);
  }
  const used = new Set(Object.values(index));
  const found = layout.columns.filter((column) => index[column] !== undefined);
  return {
    index,
    names: Object.fromEntries(found.map((column) => [column, header[index[column]!]])),
    missing: layout.columns.filter(
      (column) => index[column] === undefined && !absent.includes(column) && !layout.optional.includes(column),
    ),
    absent,
    unused: header.filter((_, at) => !used.has(at)),
  };
}

/** Other names that a column may have, for messages. */
export function namesOf(column: Column): string {
  return NAMES[column].slice(0, 4).join(', ');
}

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

export interface ColumnMap {
  /** Index of each column in a row of the file. */
  index: Partial<Record<Column, number>>;
  missing: Column[];
  /** Names in the file that mean nothing here. */
  unused: string[];
}

const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

export function mapColumns(header: readonly string[], layout: Layout = RATINGS): ColumnMap {
  const names = header.map(plain);
  const index: ColumnMap['index'] = {};
  for (const column of layout.columns) {
    const known = [...(layout.names?.[column] ?? []), ...NAMES[column]];
    const name = known.find((candidate) => names.includes(candidate));
    if (name !== undefined) index[column] = names.indexOf(name);
  }
  const used = new Set(Object.values(index));
  return {
    index,
    missing: layout.columns.filter((column) => index[column] === undefined && !layout.optional.includes(column)),
    unused: header.filter((_, at) => !used.has(at)),
  };
}

/** Other names that a column may have, for messages. */
export function namesOf(column: Column): string {
  return NAMES[column].slice(0, 4).join(', ');
}

// Names of columns as rating files have them, and what they are here.
import type { Interaction } from '../../interactions.ts';

export type Column = keyof Interaction | 'likes' | 'ratings' | 'mean';

/** Our own name first, then those of well-known data sets; compared without case, spaces and punctuation. */
const NAMES: Record<Column, readonly string[]> = {
  user: ['user', 'userid', 'uid', 'reviewerid', 'customerid', 'memberid'],
  item: [
    'item',
    'itemid',
    'movieid',
    'bookid',
    'productid',
    'isbn',
    'parentasin',
    'asin',
    'iid',
    'businessid',
    'gameid',
    'appid',
    'songid',
    'trackid',
    'animeid',
    'recipeid',
  ],
  title: [
    'title',
    'itemtitle',
    'movietitle',
    'booktitle',
    'producttitle',
    'gametitle',
    'name',
    'itemname',
    'moviename',
    'bookname',
    'productname',
  ],
  rating: ['rating', 'score', 'stars', 'overall', 'bookrating'],
  time: [
    'time',
    'timestamp',
    'ts',
    'unixreviewtime',
    'datetime',
    'date',
    'createdat',
    'ratedat',
    'when',
    'ratingdate',
    'datum',
    'dateadded',
  ],
  by: ['by', 'author', 'creator', 'artist', 'director', 'bookauthor'],
  likes: ['likes', 'likecount', 'likescount', 'numlikes', 'positiveratings', 'positive'],
  ratings: ['ratings', 'count', 'ratingcount', 'ratingscount', 'numratings', 'totalratings'],
  mean: ['mean', 'likedshare', 'shareliked', 'likeshare', 'meanlike', 'meanliked'],
};

export const COLUMNS = Object.keys(NAMES) as [Column, ...Column[]];

/** What each row of a file holds. */
export interface Layout {
  columns: readonly Column[];
  optional: readonly Column[];
  /** Of each of these a file needs at least one. */
  either?: readonly (readonly Column[])[];
  /** Further names that mean a column in files of this kind alone. */
  names?: Partial<Record<Column, readonly string[]>>;
}
/** Each row is a rating. */
export const RATINGS: Layout = { columns: ['user', 'item', 'title', 'rating', 'time', 'by'], optional: ['by'] };
/** Each row is an item, as of a catalogue. */
export const ITEMS: Layout = { columns: ['item', 'title', 'by'], optional: ['item', 'by'], names: { item: ['id'] } };
/** Each row tells how many people rated an item, and how many or which share of them liked it. */
export const ITEM_FACTS: Layout = {
  columns: ['item', 'title', 'by', 'likes', 'ratings', 'mean'],
  optional: ['item', 'title', 'by', 'likes', 'mean'],
  either: [
    ['title', 'item'],
    ['likes', 'mean'],
  ],
  names: { item: ['id'] },
};

/** Titles come from elsewhere. */
export function withoutTitles(layout: Layout): Layout {
  return { ...layout, columns: layout.columns.filter((column) => column !== 'title' && column !== 'by') };
}

/** The kinds of datasets whose files are tables. */
export const LAYOUTS = { interactions: RATINGS, items: ITEMS, 'item-facts': ITEM_FACTS } as const;
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
  /** Columns whose usual name is there and means something else in files of this kind. */
  doubtful: Doubt[];
}

export interface Doubt {
  column: Column;
  name: string;
  why: string;
}

/** RecBole's headers name the type of a column too: `user_id:token`. */
const TYPE = /:(?:token|float)(?:_seq)?$/;

const plain = (name: string) =>
  name
    .replace(TYPE, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** @returns whether a column of this name holds that, by its name alone */
export function meansColumn(name: string, column: Column, layout: Layout = RATINGS): boolean {
  const known = plain(name);
  return NAMES[column].includes(known) || layout.names?.[column]?.includes(known) === true;
}

/** What stands beside the headline of a review, in the files of Amazon's reviews and others. */
const OF_REVIEWS = [
  'text',
  'review',
  'reviewtext',
  'reviewbody',
  'body',
  'content',
  'comment',
  'helpful',
  'helpfulvote',
  'helpfulvotes',
  'verifiedpurchase',
  'verified',
  'reviewid',
];

/** What headlines of reviews are called. */
const HEADLINES = ['title', 'summary', 'headline', 'reviewtitle', 'reviewheadline', 'reviewsummary'];

function doubtsOf(
  names: readonly (string | null)[],
  header: readonly string[],
  layout: Layout,
  userNamed: boolean,
): Doubt[] {
  if (!layout.columns.includes('rating')) return [];
  const beside = OF_REVIEWS.filter((name) => names.includes(name));
  const userKnown = userNamed || NAMES.user.some((name) => names.includes(name));
  const doubts: Doubt[] = [];
  const doubt = (column: Column, known: string, why: string) => {
    const at = names.indexOf(known);
    if (at !== -1) doubts.push({ column, name: header[at]!, why });
  };
  const products = names.some((name) => name === 'asin' || name === 'parentasin' || name === 'productid');
  if (beside.length >= (products ? 1 : 2)) {
    const others = beside.slice(0, 3).map((name) => header[names.indexOf(name)]);
    const why = `beside ${others.join(', ')} it is the headline of a review, not the title of the item`;
    for (const known of HEADLINES) doubt('title', known, why);
  }
  if (!userKnown) doubt('by', 'author', 'where no column is the user, it seems to name who rated');
  return doubts;
}

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
  const doubts = doubtsOf(names, header, layout, named?.user !== undefined);
  const doubtful: Doubt[] = [];
  for (const column of layout.columns) {
    if (named?.[column] !== undefined) continue;
    const known = [...(layout.names?.[column] ?? []), ...NAMES[column]];
    const isDoubted = (at: number) => doubts.some((doubt) => doubt.column === column && doubt.name === header[at]);
    const places = known.map((candidate) => names.indexOf(candidate)).filter((at) => at !== -1);
    const at = places.find((place) => !isDoubted(place));
    if (at !== undefined) index[column] = at;
    else doubtful.push(...doubts.filter((doubt) => doubt.column === column).slice(0, 1));
  }
  const used = new Set(Object.values(index));
  const found = layout.columns.filter((column) => index[column] !== undefined);
  const isThere = (column: Column) => found.includes(column) || absent.includes(column);
  const lacking = (layout.either ?? []).filter((group) => !group.some(isThere)).map(([first]) => first);
  return {
    index,
    names: Object.fromEntries(found.map((column) => [column, header[index[column]!]])),
    missing: layout.columns.filter(
      (column) => (!layout.optional.includes(column) && !isThere(column)) || lacking.includes(column),
    ),
    absent,
    unused: header.filter((_, at) => !used.has(at)),
    doubtful,
  };
}

/** Other names that a column may have, for messages. */
export function namesOf(column: Column): string {
  return NAMES[column].slice(0, 4).join(', ');
}

/** A column that the file lacks, although one has its usual name. */
export function doubtfulColumn({ column, name, why }: Doubt): { column: Column; problem: string; fix: string } {
  const joined =
    'Join the titles of the items from the file that describes them (of Amazon: meta_*.jsonl, by parent_asin) and call them item_title (on the command line --titles does this); or name the column for title, where it is one all the same.';
  return {
    column,
    problem: `Nothing holds ${column}: "${name}" is there, but ${why}.`,
    fix: column === 'title' ? joined : `Name the column for ${column}.`,
  };
}

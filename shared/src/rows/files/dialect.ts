// How a table is written, found out from its first lines: what stands between fields, how quotes are escaped, and whether a header comes first.

import { likelyNumber, likelyTime } from '../checks/notation.ts';
import { type Column, type Layout, meansColumn, type NamedColumns } from '../columns/columns.ts';
import { quotedFields } from './quoted-fields.ts';

export const DELIMITERS = [',', ';', '\t', '::', '|'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** Whether quotes are never text where this stands between fields. */
export function isStrict(delimiter: string): boolean {
  return delimiter === ',' || delimiter === ';';
}

export interface Dialect {
  delimiter: Delimiter;
  /** Quotes inside quoted fields are written \" and not "". */
  backslash: boolean;
  /** Whether every field is in quotes. */
  allQuoted: boolean;
  /** Whether lines end with CRLF. */
  crlf: boolean;
  /** Excel's own first line, such as `sep=;`. */
  hint: boolean;
  /**
   * Null where the first line names the columns. Else these are called 1, 2, 3 and so on, and it says which holds what as far as their
   * order leaves no doubt.
   */
  byOrder: NamedColumns | null;
}

/** By so many lines, or so many characters where lines are long. */
const LINES = 10;
const CHARACTERS = 65_536;

/** @returns whether the opening of a file is enough to tell its dialect */
export function isTelling(opening: string): boolean {
  if (opening.length >= CHARACTERS) return true;
  let lines = 0;
  for (const line of opening.matchAll(/[^\r\n]+[\r\n]/g)) if (line[0].trim() !== '' && ++lines >= LINES) return true;
  return false;
}

/** Fields of one line; a quoted field may hold the delimiter. */
function split(line: string, delimiter: string): string[] {
  if (!isStrict(delimiter)) return quotedFields(line, { delimiter, backslash: false }).fields.map((one) => one.trim());
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '"' && (quoted || field === '' || field.startsWith('"'))) quoted = !quoted;
    if (!quoted && line.startsWith(delimiter, at)) {
      fields.push(field);
      field = '';
      at += delimiter.length - 1;
    } else field += line[at];
  }
  return [...fields, field].map((one) => /^"(.*)"$/s.exec(one.trim())?.[1] ?? one.trim());
}

/** The one by which most lines have as many fields as the first, and of these the one with most fields. */
function delimiterOf(lines: readonly string[]): Delimiter {
  let best: { delimiter: Delimiter; alike: number; fields: number } = { delimiter: ',', alike: 0, fields: 0 };
  for (const delimiter of DELIMITERS) {
    const [first = 0, ...others] = lines.map((line) => split(line, delimiter).length);
    if (first < 2) continue;
    const alike = others.filter((count) => count === first).length;
    if (best.fields === 0 || alike > best.alike || (alike === best.alike && first > best.fields)) {
      best = { delimiter, alike, fields: first };
    }
  }
  return best.delimiter;
}

const BACKSLASH_QUOTE = /[^\\]\\"(?!\s*(?:[,;|\t]|::|[\r\n]|$))/;

/** @param opening see `isTelling`; the file's first lines, without a byte order mark */
export function dialectOf(opening: string, layout: Layout | null, named: NamedColumns | null): Dialect {
  const all = opening.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  const hinted = /^"?sep=(.)"?$/i.exec(all[0] ?? '')?.[1];
  const lines = (hinted ? all.slice(1) : all).slice(0, LINES);
  const known = DELIMITERS.find((delimiter) => delimiter === hinted);
  const delimiter = known ?? delimiterOf(lines);
  const rows = lines.map((line) => split(line, delimiter));
  const [first = ''] = lines;
  const quoted = '"(?:[^"\\\\]|\\\\.|"")*"';
  const allQuoted = new RegExp(`^${quoted}(?:${delimiter.replace('|', '\\|')}${quoted})+$`).test(first);
  return {
    delimiter,
    backslash: (allQuoted && delimiter === ';') || BACKSLASH_QUOTE.test(opening),
    allQuoted,
    crlf: opening.includes('\r\n'),
    hint: hinted !== undefined,
    byOrder: layout && holdsValues(rows[0] ?? [], layout, named) ? columnsByOrder(rows, layout) : null,
  };
}

/** @returns whether a line names two columns or more that mean something */
export function isHeader(line: string, layout: Layout | null, needed: readonly string[] = []): boolean {
  const cells = split(line, delimiterOf([line]));
  const known = cells.filter(
    (cell) => needed.includes(cell) || layout?.columns.some((column) => meansColumn(cell, column, layout)),
  );
  return known.length > 1;
}

const COMMENT = /^\s*"?(?:#|%|\/\/)/;

/** @returns the first line, where it is a remark about the file: it names no columns and has other fields than the first that is none */
export function commentIn(
  opening: string,
  layout: Layout | null,
  needed: readonly string[],
): { line: number; text: string } | null {
  const lines = opening.split(/\r\n|\r|\n/);
  const at = lines.findIndex((line) => line.trim() !== '');
  const text = lines[at] ?? '';
  const others = lines.filter((line) => line.trim() !== '' && !COMMENT.test(line)).slice(0, LINES);
  if (!COMMENT.test(text) || others.length === 0 || isHeader(text, layout, needed)) return null;
  const delimiter = delimiterOf(others);
  const [width, usual] = [text, others[0]!].map((line) => split(line, delimiter).length);
  return width === usual ? null : { line: at + 1, text };
}

/** A line with numbers and none of the names that a header has is a row. */
function holdsValues(cells: readonly string[], layout: Layout, named: NamedColumns | null): boolean {
  const said = Object.values(named ?? {});
  if (cells.some((cell) => said.includes(cell) && !/^\d{1,2}$/.test(cell))) return false;
  if (cells.some((cell) => layout.columns.some((column) => meansColumn(cell, column, layout)))) return false;
  return cells.length > 1 && cells.some((cell) => likelyNumber(cell) !== undefined);
}

/** Times before this are no times of ratings. */
const LEAST_SECONDS = 1e8;
const MOST_GRADE = 100;

/**
 * Which column of a table without a header holds what, where the order of published files (user, item, then title, rating and time in
 * any order) leaves no doubt.
 * @param rows the first rows
 * @returns the names of columns, 1 for the first; nothing where there is doubt
 */
function columnsByOrder(rows: readonly (readonly string[])[], layout: Layout): NamedColumns {
  const width = rows[0]?.length ?? 0;
  const columnsWhere = (test: (cells: string[]) => boolean, from: number) =>
    Array.from({ length: width }, (_, at) => at).filter((at) => at >= from && test(rows.map((row) => row[at] ?? '')));
  const isText = (cells: string[]) => cells.filter((cell) => /\p{L}{2}/u.test(cell)).length > cells.length / 2;
  if (!layout.columns.includes('rating')) {
    // Counts do not tell themselves from each other.
    if (layout.columns.includes('ratings')) return {};
    return width >= 2 && columnsWhere(isText, 1)[0] === 1 ? { item: '1', title: '2' } : {};
  }
  const isTime = (cells: string[]) => cells.every((cell) => (likelyTime(cell) ?? 0) >= LEAST_SECONDS);
  const isGrade = (cells: string[]) => cells.every((cell) => Math.abs(likelyNumber(cell) ?? Infinity) <= MOST_GRADE);
  const found: [Column, number[]][] = [
    ['title', columnsWhere((cells) => isText(cells) && !isTime(cells), 2)],
    ['rating', columnsWhere(isGrade, 2)],
    ['time', columnsWhere(isTime, 2)],
  ];
  if (width < 4 || width > 5 || found.some(([, places]) => places.length > 1)) return {};
  const told = found.flatMap(([column, [at]]) => (at === undefined ? [] : [[column, String(at + 1)] as const]));
  return { user: '1', item: '2', ...Object.fromEntries(told) };
}

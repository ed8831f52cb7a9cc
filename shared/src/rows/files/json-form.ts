// Whether a file that begins with { holds one row a line, or one object around all rows.
import { layoutFault } from './json-layouts.ts';

/** What the array of rows is called in an object around it. */
export const WRAPPERS: readonly string[] = [
  'data',
  'rows',
  'items',
  'records',
  'results',
  'examples',
  'samples',
  'instances',
  'ratings',
  'reviews',
  'interactions',
];

/** They tell what an object is. */
export const OPENING = 65_536;

/**
 * @param namesRow whether fields of one value each that have these names make a row: then its lists are its own
 * @returns null while the opening does not tell
 */
export function objectFormOf(
  opening: string,
  whole: boolean,
  namesRow: (names: readonly string[]) => boolean,
): 'jsonl' | 'json' | null {
  const text = opening.trimStart();
  const end = text.search(/[\r\n]/);
  const first = end === -1 ? text : text.slice(0, end);
  if (end === -1 && !whole && text.length < OPENING) return null;
  const more = end !== -1 && text.slice(end).trim() !== '';
  const row = end === -1 && !whole ? undefined : parsed(first);
  if (row !== undefined) {
    if (more) return 'jsonl';
    if (!whole) return null;
    return wraps(row) || (!namesRow(namesOfValues(row)) && layoutFault(first)) ? 'json' : 'jsonl';
  }
  const names = WRAPPERS.join('|');
  // A row of ours has none of these before its other fields.
  const array = new RegExp(`^\\{(?:[^{}[\\]]*,)?\\s*"(?:${names})"\\s*:\\s*\\[\\s*(?:\\{|\\]|$)`);
  const longer = end === -1 ? !whole : /[[{,]\s*$/.test(first);
  return array.test(text) || /^\{\s*$/.test(first) || (longer && layoutFault(text)) ? 'json' : 'jsonl';
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function wraps(row: unknown): boolean {
  return Object.entries(row ?? {}).some(([name, value]) => WRAPPERS.includes(name) && Array.isArray(value));
}

function namesOfValues(row: unknown): string[] {
  return Object.entries(row ?? {}).flatMap(([name, value]) => (typeof value === 'object' ? [] : [name]));
}

// Layouts of JSON that hold a table and are not read: known by how they begin, and refused with the way to rows.
import type { BadRow } from '../row-reader.ts';

const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const SCALAR = String.raw`(?:${STRING}|-?\d[\d.eE+-]*|true|false|null)`;
/** Behind the brace; fields of one value each may stand before what tells. */
const BEGIN = String.raw`^\{\s*(?:${STRING}\s*:\s*${SCALAR}\s*,\s*)*`;
const KEY = String.raw`"((?:[^"\\]|\\.)*)"\s*:\s*`;
const SCALARS = String.raw`\[\s*${SCALAR}(?:\s*,\s*${SCALAR})*\s*`;

const ROWS_FIX = 'Write rows: in pandas by to_json(path, orient="records", lines=True).';

const INDEXED = /^\{\s*"-?\d+"\s*:\s*\{/;
const BY_COLUMN = new RegExp(String.raw`^\{\s*${KEY}\{\s*"-?\d+"\s*:\s*${SCALAR}`);
const SPLIT = new RegExp(String.raw`^\{\s*"(?:columns|index)"\s*:\s*\[\s*${SCALAR}(?![\s\S]*"data"\s*:\s*\[\s*\{)`);
const LISTS = new RegExp(
  String.raw`^\{\s*${KEY}${SCALARS}(?:,\s*$|$|\]\s*,\s*${STRING}\s*:\s*${SCALARS}(?:\]|,\s*$|$))`,
);
const DEEP = new RegExp(String.raw`${BEGIN}${KEY}\{\s*(?:${STRING}\s*:\s*${SCALAR}\s*,\s*)*${KEY}\[\s*\{`);
const NAMED = new RegExp(String.raw`${BEGIN}${KEY}\[\s*\{`);
const ARRAYS = /^\[\s*\[/;

/** A list of a sample's own, not the rows of a file. */
const OF_A_ROW: readonly string[] = ['history', 'conversations', 'messages'];

type Fault = Pick<BadRow, 'problem' | 'fix'>;

/** Rows that are arrays: no name stands beside a value. */
export function arraysFault(opening: string): Fault | null {
  if (ARRAYS.test(opening)) {
    return {
      problem: 'This is an array of arrays: its rows name no columns, as of pandas orient="values".',
      fix: ROWS_FIX,
    };
  }
  if (!SPLIT.test(opening)) return null;
  return { problem: 'Columns and data stand apart, as of pandas orient="split": rows name no columns.', fix: ROWS_FIX };
}

/** @param opening how an object begins that is no row and in which no array of rows was found by its usual names */
export function layoutFault(opening: string): Fault | null {
  if (INDEXED.test(opening)) {
    return {
      problem: 'This is one object whose fields are rows by number, as of pandas orient="index".',
      fix: ROWS_FIX,
    };
  }
  if (BY_COLUMN.test(opening)) {
    return { problem: 'This is one object of columns and not of rows, as of pandas orient="columns".', fix: ROWS_FIX };
  }
  if (LISTS.test(opening)) {
    return {
      problem: 'This is one object of columns, a list each, and not of rows.',
      fix: 'Write rows: a dataset of Hugging Face by its to_json(path), a dict by pandas.DataFrame(columns).to_json(path, orient="records", lines=True).',
    };
  }
  const [, outer, inner] = DEEP.exec(opening) ?? [];
  if (outer !== undefined && inner !== undefined) return apart([outer, inner]);
  const name = NAMED.exec(opening)?.[1];
  return name === undefined || OF_A_ROW.includes(name) ? null : apart([name]);
}

function apart(path: readonly string[]): Fault {
  const steps = path.map((name) => `["${name}"]`).join('');
  return {
    problem: `The rows stand under "${path.join('.')}" of the object.`,
    fix: `Write that array alone, a file for each: in Python json.dump(data${steps}, file).`,
  };
}

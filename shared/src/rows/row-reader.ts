// What every reader of people's files hands on, and where it can begin again.
import type { RowError } from '../wire/datasets.ts';

/** A row with its line, or what was wrong at a line. */
export type RawRow = GoodRow | BadRow;

export interface GoodRow {
  line: number;
  value: unknown;
  /** Of CSV: in the order of the header. */
  fields?: readonly string[];
}

export type BadRow = RowError;

export function isBad(row: RawRow): row is BadRow {
  return 'problem' in row;
}

/** Where a reader can begin again: the next byte of the file and its line. */
export interface ReaderPosition {
  offset: number;
  line: number;
}

export const START: ReaderPosition = { offset: 0, line: 1 };

export interface RowReader {
  /** The rows that end within this chunk, and those before it. */
  push(chunk: Uint8Array): RawRow[];
  /** What is left at the end of the file. */
  end(): RawRow[];
  /** Behind the last row that was handed on. */
  readonly position: ReaderPosition;
  /** Set when nothing after this point can be read; the reason was handed on as a bad row. */
  readonly broken: boolean;
}

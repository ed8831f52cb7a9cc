// What was wrong with a row, in words for whoever made the file.
import type { RowError } from '../wire/datasets.ts';

/** One fault; whoever read the row knows its line. */
export type RowFault = Omit<RowError, 'line'>;

/** A value as it may stand in a message: short, on one line, without control characters. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const line = text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '\ufffd');
  return line.length > 60 ? `"${line.slice(0, 57)}…"` : `"${line}"`;
}

/** As a sentence, with where it is. */
export function placed({ line, column, problem }: RowError): string {
  return `Line ${line}${column === null ? '' : `, ${column}`}: ${problem}`;
}

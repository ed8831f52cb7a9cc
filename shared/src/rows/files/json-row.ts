// One row of JSON from its bytes, or what is wrong with it in words for whoever wrote it.
import { parseJson } from '../../json.ts';
import { LIMITS } from '../../limits.ts';
import type { BadRow, RawRow } from '../row-reader.ts';

export const BOM = [0xef, 0xbb, 0xbf] as const;

// A byte order mark is dropped at the head of the file only; anywhere else JSON.parse will refuse it.
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

export function tooLong(line: number): RawRow {
  return {
    line,
    column: null,
    problem: `A row is longer than ${LIMITS.rowBytes} bytes.`,
    fix: 'Check that rows are parted from each other, or shorten this one.',
  };
}

export function parseJsonRow(bytes: Uint8Array, line: number): RawRow {
  const text = decoder.decode(bytes);
  try {
    return { line, value: parsedExactly(text) };
  } catch (error) {
    return { line, column: null, ...jsonFault(text, error) };
  }
}

type WithSource = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown;

/** A text stands for an integer that a number would round: ids of 64 bits. */
const exactly: WithSource = (_key, value, context) => {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && INTEGER.test(source) ? source : value;
};

const INTEGER = /^-?\d+$/;
/** All integers of fewer digits are exact. */
const MANY_DIGITS = /\d{16}/;

function parsedExactly(text: string): unknown {
  // Not every edition of the types knows what a reviver is told of the source.
  return MANY_DIGITS.test(text)
    ? JSON.parse(text, exactly as (key: string, value: unknown) => unknown)
    : JSON.parse(text);
}

/** What other languages write in place of JSON. */
function jsonFault(text: string, error: unknown): Pick<BadRow, 'problem' | 'fix'> {
  if (/^\s*\{\s*u?'/.test(text)) {
    return {
      problem: 'This is not valid JSON: it is a Python dict.',
      fix: 'Convert each line with Python: json.dumps(ast.literal_eval(line)).',
    };
  }
  const beside = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const odd = /[:[,]\s*(NaN|-?Infinity)\b/.exec(beside)?.[1];
  if (odd !== undefined) {
    return {
      problem: `This is not valid JSON: ${odd} is no JSON value.`,
      fix: 'Write null or leave the field out; pandas.DataFrame.to_json and json.dumps(row, allow_nan=False) write no such value.',
    };
  }
  const after = afterRow(text);
  if (after !== null) {
    return {
      problem: `This is not valid JSON: ${after} stands after the object, as inside a JSON array.`,
      fix: 'Write one JSON object a line with nothing after it; or a whole array, with [ before its first row and ] after its last.',
    };
  }
  const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 120) : '';
  return {
    problem: `This is not valid JSON: ${reason}`,
    fix: 'Write each row with a JSON encoder: quotes inside titles are written \\".',
  };
}

/** @returns what of an array is left behind a row, or alone on its line */
function afterRow(text: string): string | null {
  let [row, after] = [text.trimEnd(), ''];
  for (const mark of [']', ',']) {
    if (!row.endsWith(mark)) continue;
    row = row.slice(0, -1).trimEnd();
    after = mark + after;
  }
  return after !== '' && (row === '' || parseJson(row) !== undefined) ? after : null;
}

/** Bytes of a row that spans chunks, up to the limit of a row; what is longer is dropped, not kept. */
export class RowBuffer {
  private pieces: Uint8Array[] = [];
  private bytes = 0;
  overflowed = false;

  add(piece: Uint8Array): void {
    this.bytes += piece.length;
    if (this.bytes > LIMITS.rowBytes) {
      this.overflowed = true;
      this.pieces = [];
    } else if (piece.length > 0) {
      this.pieces.push(piece);
    }
  }

  get length(): number {
    return this.bytes;
  }

  /** Copies the last piece: its buffer belongs to the stream. */
  keep(): void {
    const last = this.pieces.pop();
    if (last) this.pieces.push(last.slice());
  }

  take(): Uint8Array {
    const [first, ...rest] = this.pieces;
    let row = first ?? new Uint8Array();
    if (first && rest.length > 0) {
      row = new Uint8Array(this.bytes);
      let at = 0;
      for (const piece of this.pieces) {
        row.set(piece, at);
        at += piece.length;
      }
    }
    this.pieces = [];
    this.bytes = 0;
    this.overflowed = false;
    return row;
  }
}

// The bytes of one row to a value.
import { LIMITS } from '@tallrec/shared/limits';
import { NOT_UTF8, type RawRow } from './raw-row.ts';

// A byte order mark is dropped at the head of the file only; anywhere else JSON.parse will refuse it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function tooLong(line: number): RawRow {
  return {
    line,
    column: null,
    problem: `A row is longer than ${LIMITS.rowBytes} bytes.`,
    fix: 'Check that rows are parted from each other, or shorten this one.',
  };
}

export function parseJsonRow(bytes: Uint8Array, line: number): RawRow {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return { line, column: null, ...NOT_UTF8 };
  }
  try {
    return { line, value: JSON.parse(text) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 120) : '';
    return {
      line,
      column: null,
      problem: `This is not valid JSON: ${reason}`,
      fix: 'Write each row with a JSON encoder: quotes inside titles are written \\".',
    };
  }
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

export const BOM = [0xef, 0xbb, 0xbf] as const;

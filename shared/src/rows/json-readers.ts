// Readers of JSON: one document a line (JSON Lines), and an array element by element.
import { LIMITS } from '../limits.ts';
import { type BadRow, NOT_UTF8, type RawRow, type ReaderPosition, type RowReader, START } from './row-reader.ts';

const [QUOTE, BACKSLASH, COMMA, NEWLINE] = [0x22, 0x5c, 0x2c, 0x0a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BOM = [0xef, 0xbb, 0xbf] as const;

// A byte order mark is dropped at the head of the file only; anywhere else JSON.parse will refuse it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function tooLong(line: number): RawRow {
  return {
    line,
    column: null,
    problem: `A row is longer than ${LIMITS.rowBytes} bytes.`,
    fix: 'Check that rows are parted from each other, or shorten this one.',
  };
}

function parseJsonRow(bytes: Uint8Array, line: number): RawRow {
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
class RowBuffer {
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

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** Blank lines are passed over. */
export class JsonlReader implements RowReader {
  readonly broken = false;
  position: ReaderPosition;
  private readonly rest = new RowBuffer();

  constructor(from: ReaderPosition = START) {
    this.position = from;
  }

  push(chunk: Uint8Array): RawRow[] {
    const rows: RawRow[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.rest.add(chunk.subarray(start, end));
      this.finish(rows, 1);
      start = end + 1;
    }
    // A copy: the chunk's buffer belongs to the stream.
    this.rest.add(chunk.slice(start));
    return rows;
  }

  end(): RawRow[] {
    const rows: RawRow[] = [];
    if (this.rest.length > 0) this.finish(rows, 0);
    return rows;
  }

  private finish(rows: RawRow[], newlineBytes: number): void {
    const { offset, line } = this.position;
    this.position = { offset: offset + this.rest.length + newlineBytes, line: line + 1 };
    const overflowed = this.rest.overflowed;
    let row = this.rest.take();
    if (overflowed) {
      rows.push(tooLong(line));
      return;
    }
    if (offset === 0 && BOM.every((byte, at) => row[at] === byte)) row = row.subarray(BOM.length);
    if (!isBlank(row)) rows.push(parseJsonRow(row, line));
  }
}

type Place = 'start' | 'first' | 'element' | 'after' | 'next' | 'closed';

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/**
 * Streaming JSON libraries give up at the first fault and know no lines; this finds where each element ends (by brackets and strings
 * alone) and leaves its meaning to JSON.parse, so that one bad element costs only itself.
 */
export class JsonArrayReader implements RowReader {
  position: ReaderPosition;
  broken = false;
  private place: Place;
  private line: number;
  private read: number;
  private depth = 0;
  private inString = false;
  private escaped = false;
  private elementLine = 0;
  private readonly element = new RowBuffer();

  /** @param from a position that another reader of the same file reached; beyond 0 it lies inside the array, behind an element */
  constructor(from: ReaderPosition = START) {
    this.position = from;
    this.line = from.line;
    this.read = from.offset;
    this.place = from.offset === 0 ? 'start' : 'after';
  }

  push(chunk: Uint8Array): RawRow[] {
    const rows: RawRow[] = [];
    let elementStart = 0;
    for (let at = 0; at < chunk.length && !this.broken; at++) {
      const byte = chunk[at]!;
      if (byte === NEWLINE) this.line++;
      if (this.place === 'element') {
        const end = this.endOfElement(byte);
        if (end === 'not yet') continue;
        const until = end === 'with it' ? at + 1 : at;
        this.element.add(chunk.subarray(elementStart, until));
        this.finish(rows, this.read + until);
        if (end === 'with it') continue;
      }
      if (isSpace(byte)) continue;
      if (this.between(byte, this.read + at, rows)) {
        elementStart = at;
        this.elementLine = this.line;
        this.begin(byte);
      }
    }
    // A copy: the chunk's buffer belongs to the stream.
    if (this.place === 'element') this.element.add(chunk.slice(elementStart));
    this.read += chunk.length;
    return rows;
  }

  end(): RawRow[] {
    if (this.broken || this.place === 'closed') return [];
    if (this.place === 'start') return [this.stop('The file is empty.', 'Upload a JSON array of rows.')];
    const where =
      this.place === 'element' ? `in the row that begins at line ${this.elementLine}` : 'before its closing ]';
    return [this.stop(`The file ends ${where}.`, 'Upload the whole file: it seems to have been cut off.')];
  }

  private begin(byte: number): void {
    this.place = 'element';
    this.escaped = false;
    this.inString = byte === QUOTE;
    this.depth = byte === OPEN_OBJECT || byte === OPEN_ARRAY ? 1 : 0;
  }

  /** A bare value ends before the byte behind it; a string, object or array with its own last byte. */
  private endOfElement(byte: number): 'not yet' | 'with it' | 'before it' {
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (byte === BACKSLASH) this.escaped = true;
      else if (byte === QUOTE) this.inString = false;
      return !this.inString && this.depth === 0 ? 'with it' : 'not yet';
    }
    if (byte === QUOTE) this.inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (this.depth === 0) return 'before it';
      this.depth--;
      return this.depth === 0 ? 'with it' : 'not yet';
    } else if (this.depth === 0 && (byte === COMMA || isSpace(byte))) return 'before it';
    return 'not yet';
  }

  private finish(rows: RawRow[], offset: number): void {
    const overflowed = this.element.overflowed;
    const bytes = this.element.take();
    rows.push(overflowed ? tooLong(this.elementLine) : parseJsonRow(bytes, this.elementLine));
    this.place = 'after';
    this.position = { offset, line: this.line };
  }

  /** @returns whether an element begins with this byte */
  private between(byte: number, offset: number, rows: RawRow[]): boolean {
    switch (this.place) {
      case 'start':
        if (offset < BOM.length && byte === BOM[offset]) return false;
        if (byte === OPEN_ARRAY) this.place = 'first';
        else rows.push(this.notAnArray(byte));
        return false;
      case 'first':
        if (byte !== CLOSE_ARRAY) return true;
        this.place = 'closed';
        return false;
      case 'after':
        if (byte === COMMA) this.place = 'next';
        else if (byte === CLOSE_ARRAY) this.place = 'closed';
        else rows.push(this.stop('A comma is missing before this row.', 'Write the array with a JSON encoder.'));
        return false;
      case 'next':
        if (byte !== COMMA && byte !== CLOSE_ARRAY) return true;
        rows.push(this.stop('A row is missing behind a comma.', 'Take out the comma; JSON allows none before ].'));
        return false;
      default:
        rows.push(this.stop('There is text behind the closing ] of the array.', 'Keep one array in the file.'));
        return false;
    }
  }

  private notAnArray(byte: number): BadRow {
    return byte === OPEN_OBJECT
      ? this.stop(
          'The file begins with { and not with [.',
          'For one object a line, create the dataset with format jsonl.',
        )
      : this.stop('The file is not a JSON array.', 'Begin it with [ and part its rows by commas.');
  }

  private stop(problem: string, fix: string): BadRow {
    this.broken = true;
    return { line: this.line, column: null, problem, fix };
  }
}

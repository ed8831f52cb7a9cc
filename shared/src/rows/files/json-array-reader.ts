// A JSON array element by element: the file itself, or a value of the object that it is.

import { type BadRow, type RawRow, type ReaderPosition, type RowReader, START } from '../row-reader.ts';
import { OPENING, WRAPPERS } from './json-form.ts';
import { layoutFault } from './json-layouts.ts';
import { BOM, parseJsonRow, RowBuffer, tooLong } from './json-row.ts';
import { END_OF_TEXT } from './jsonl-reader.ts';
import { LineCounter } from './line-counter.ts';

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
/** Longer names are none that is looked for. */
const MOST_KEY = 40;

type Place = 'start' | 'wrapper' | 'first' | 'element' | 'after' | 'next' | 'closed';

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Goes through an object up to an array by one of the names for rows. */
class WrapperScan {
  closed = false;
  private depth = 0;
  private inString = false;
  private escaped = false;
  private text: number[] = [];
  private key = '';
  private afterColon = false;

  /** @returns whether this byte opens the array */
  add(byte: number): boolean {
    if (this.inString) {
      this.addToString(byte);
      return false;
    }
    const atTop = this.depth === 0;
    if (byte === QUOTE) {
      this.inString = true;
      this.text = [];
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (atTop && byte === OPEN_ARRAY && this.afterColon && WRAPPERS.includes(this.key)) return true;
      this.depth++;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      this.closed = atTop;
      this.depth--;
    } else if (atTop && (byte === COLON || byte === COMMA)) this.afterColon = byte === COLON;
    return false;
  }

  private addToString(byte: number): void {
    if (this.escaped) this.escaped = false;
    else if (byte === BACKSLASH) this.escaped = true;
    else if (byte === QUOTE) {
      this.inString = false;
      if (this.depth === 0 && !this.afterColon) this.key = String.fromCharCode(...this.text);
    }
    if (this.text.length < MOST_KEY) this.text.push(byte);
  }
}

const NO_ROWS = {
  problem: 'The file begins with { and not with [, and holds no array of rows.',
  fix: 'Write one object a line, an array of objects, or {"data": […]}; in pandas to_json(orient="records").',
};

/**
 * Streaming JSON libraries give up at the first fault and know no lines; this finds where each element ends (by brackets and strings
 * alone) and leaves its meaning to JSON.parse, so that one bad element costs only itself.
 */
export class JsonArrayReader implements RowReader {
  position: ReaderPosition;
  broken = false;
  /** Whether the array is a value of an object: what else that holds is passed over. */
  wrapped: boolean;
  private place: Place;
  private readonly lines: LineCounter;
  private readonly wrapper = new WrapperScan();
  private read: number;
  private depth = 0;
  private inString = false;
  private escaped = false;
  private elementLine = 0;
  private readonly element = new RowBuffer();
  /** How the object around the array begins. */
  private readonly around: number[] = [];

  /** @param from a position that another reader of the same file reached; beyond 0 it lies inside the array, behind an element */
  constructor(from: ReaderPosition = START, wrapped = false) {
    this.position = from;
    this.wrapped = wrapped;
    this.lines = new LineCounter(from.line);
    this.read = from.offset;
    this.place = from.offset === 0 ? 'start' : 'after';
  }

  push(chunk: Uint8Array): RawRow[] {
    const rows: RawRow[] = [];
    let elementStart = 0;
    for (let at = 0; at < chunk.length && !this.broken; at++) {
      const byte = chunk[at]!;
      this.lines.addByte(byte);
      if (this.place === 'wrapper') {
        if (this.around.length < OPENING) this.around.push(byte);
        if (this.wrapper.add(byte)) this.place = 'first';
        else if (this.wrapper.closed) rows.push(this.notAnArray(OPEN_OBJECT));
        continue;
      }
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
        this.elementLine = this.lines.line;
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
    if (this.place === 'wrapper') return [this.notAnArray(OPEN_OBJECT)];
    if (this.place === 'start') return [this.stop('The file is empty.', 'Give a JSON array of rows.')];
    const where =
      this.place === 'element' ? `in the row that begins at line ${this.elementLine}` : 'before its closing ]';
    return [this.stop(`The file ends ${where}.`, 'Give the whole file: it seems to have been cut off.')];
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
    this.position = { offset, line: this.lines.line };
  }

  /** @returns whether an element begins with this byte */
  private between(byte: number, offset: number, rows: RawRow[]): boolean {
    switch (this.place) {
      case 'start':
        if (offset < BOM.length && byte === BOM[offset]) return false;
        if (byte === OPEN_ARRAY) this.place = 'first';
        else if (byte === OPEN_OBJECT) {
          this.place = 'wrapper';
          this.wrapped = true;
        } else rows.push(this.notAnArray(byte));
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
        if (this.wrapped || byte === END_OF_TEXT) return false;
        rows.push(this.stop('There is text behind the closing ] of the array.', 'Keep one array in the file.'));
        return false;
    }
  }

  private notAnArray(byte: number): BadRow {
    if (byte !== OPEN_OBJECT)
      return this.stop('The file is not a JSON array.', 'Begin it with [ and part its rows by commas.');
    const { problem, fix } = layoutFault(`{${new TextDecoder().decode(Uint8Array.from(this.around))}`) ?? NO_ROWS;
    return this.stop(problem, fix);
  }

  private stop(problem: string, fix: string): BadRow {
    this.broken = true;
    return { line: this.lines.line, column: null, problem, fix };
  }
}

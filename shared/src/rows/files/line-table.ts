// Tables in which a line is a row and quotes are mostly text: those parted by tabs, :: or |. Titles there are written as they are, and a
// reader of CSV would take one stray quote for the beginning of a field that goes on over all lines up to the next.
import { LIMITS } from '../../limits.ts';
import { type QuotedFields, quotedFields } from './quoted-fields.ts';

export interface TableSink {
  /**
   * @param lines on which the record ends, the first is 1
   * @param bytes up to the end of it
   */
  accept(fields: string[], lines: number, bytes: number): void;
  /** A quote is opened on this line and closes no field. */
  refuseOpen(lines: number): void;
  /** Nothing after this line can be read. */
  refuseLong(lines: number): void;
  /** Fields of the header, once it is known. */
  readonly width: number | undefined;
}

interface Line {
  text: string;
  end: string;
}

/** A quoted field that goes on over more is none. */
const MOST_LINES = 100;

export class LineTable {
  private readonly dialect: { delimiter: string; backslash: boolean };
  private readonly sink: TableSink;
  private readonly utf8 = new TextEncoder();
  private rest = '';
  private lines = 0;
  private bytes = 0;
  private overflowed = false;
  /** Lines that a quoted field seems to go on over. */
  private open: Line[] = [];

  constructor(dialect: { delimiter: string; backslash: boolean }, sink: TableSink) {
    this.dialect = dialect;
    this.sink = sink;
  }

  write(text: string): void {
    if (this.overflowed) return;
    const all = this.rest + text;
    let start = 0;
    for (const { 0: end, index } of all.matchAll(/\r\n|\r|\n/g)) {
      // The LF of this CR may come next.
      if (end === '\r' && index === all.length - 1) break;
      this.add({ text: all.slice(start, index), end });
      start = index + end.length;
    }
    this.rest = all.slice(start);
    if (this.rest.length > LIMITS.rowBytes) {
      this.overflowed = true;
      this.sink.refuseLong(this.lines + 1);
    }
  }

  end(): void {
    if (this.overflowed) return;
    const end = this.rest.endsWith('\r') ? '\r' : '';
    if (this.rest !== '') this.add({ text: this.rest.slice(0, this.rest.length - end.length), end });
    if (this.open.length > 0) this.giveUp();
  }

  private add(line: Line): void {
    const { width } = this.sink;
    if (this.open.length > 0) {
      if (line.text.split(this.dialect.delimiter).length !== width && this.open.length < MOST_LINES) {
        this.open.push(line);
        this.goOn();
        return;
      }
      this.giveUp();
    }
    // A byte order mark stands before the first line of all.
    const text = width === undefined ? line.text.replace(/^\ufeff/, '') : line.text;
    const row = quotedFields(text, this.dialect, width);
    if (row.isOpen && width !== undefined && row.fields.length < width) this.open.push(line);
    else this.take([line], row);
  }

  private goOn(): void {
    const text = this.open.map((line, at) => line.text + (at < this.open.length - 1 ? line.end : '')).join('');
    const row = quotedFields(text, this.dialect);
    if (!row.isOpen) this.take(this.open.splice(0), row);
  }

  /** The lines are rows of their own, whatever those are worth. */
  private giveUp(): void {
    const [first, ...others] = this.open.splice(0) as [Line, ...Line[]];
    this.pass([first]);
    this.sink.refuseOpen(this.lines);
    for (const line of others) this.take([line], quotedFields(line.text, this.dialect, this.sink.width));
  }

  private take(lines: Line[], { fields }: QuotedFields): void {
    this.pass(lines);
    this.sink.accept(fields, this.lines, this.bytes);
  }

  private pass(lines: Line[]): void {
    this.lines += lines.length;
    for (const { text, end } of lines) this.bytes += this.utf8.encode(text).length + end.length;
  }
}

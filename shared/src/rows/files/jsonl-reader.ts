// JSON Lines: one document a line.

import { type RawRow, type ReaderPosition, type RowReader, START } from '../row-reader.ts';
import { BOM, parseJsonRow, RowBuffer, tooLong } from './json-row.ts';

const [LF, CR] = [0x0a, 0x0d];
/** DOS ends files with it: Ctrl-Z. */
export const END_OF_TEXT = 0x1a;

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === END_OF_TEXT);
}

/** Blank lines are passed over. Lines end with LF, CRLF or CR: neither stands within a row. */
export class JsonlReader implements RowReader {
  readonly broken = false;
  position: ReaderPosition;
  private readonly rest = new RowBuffer();
  /** The last chunk ended with CR: its line may end with the LF of the next. */
  private afterCr = false;

  constructor(from: ReaderPosition = START) {
    this.position = from;
  }

  push(chunk: Uint8Array): RawRow[] {
    const rows: RawRow[] = [];
    let start = 0;
    if (this.afterCr && chunk.length > 0) {
      this.afterCr = false;
      start = chunk[0] === LF ? 1 : 0;
      this.finish(rows, 1 + start);
    }
    let [lf, cr] = [chunk.indexOf(LF, start), chunk.indexOf(CR, start)];
    while (lf !== -1 || cr !== -1) {
      const end = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf;
      this.rest.add(chunk.subarray(start, end));
      if (end === cr && end === chunk.length - 1) {
        this.rest.keep();
        this.afterCr = true;
        return rows;
      }
      const endBytes = end === cr && chunk[end + 1] === LF ? 2 : 1;
      this.finish(rows, endBytes);
      start = end + endBytes;
      if (lf !== -1 && lf < start) lf = chunk.indexOf(LF, start);
      if (cr !== -1 && cr < start) cr = chunk.indexOf(CR, start);
    }
    // A copy: the chunk's buffer belongs to the stream.
    this.rest.add(chunk.slice(start));
    return rows;
  }

  end(): RawRow[] {
    const rows: RawRow[] = [];
    if (this.afterCr || this.rest.length > 0) this.finish(rows, this.afterCr ? 1 : 0);
    return rows;
  }

  private finish(rows: RawRow[], endBytes: number): void {
    const { offset, line } = this.position;
    this.position = { offset: offset + this.rest.length + endBytes, line: line + 1 };
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

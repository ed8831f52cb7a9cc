// JSON Lines: one document a line; blank lines are passed over.
import { BOM, parseJsonRow, RowBuffer, tooLong } from './json-text.ts';
import type { RawRow, ReaderPosition, RowReader } from './raw-row.ts';

const NEWLINE = 0x0a;

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

export class JsonlReader implements RowReader {
  readonly broken = false;
  position: ReaderPosition;
  private readonly rest = new RowBuffer();

  constructor(from: ReaderPosition = { offset: 0, line: 1 }) {
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

// CSV with a header line, by csv-parse: quoted fields with newlines, CRLF, and comma, semicolon or tab between fields.

import { type CsvError, type Parser, parse } from '#csv-parse';
import { LIMITS } from '../limits.ts';
import {
  type Column,
  type ColumnMap,
  type Layout,
  mapColumns,
  type NamedColumns,
  namesOf,
  RATINGS,
} from './columns.ts';
import { shown } from './row-fault.ts';
import { type BadRow, NOT_UTF8, type RawRow, type ReaderPosition, type RowReader, START } from './row-reader.ts';

const NEWLINE = 0x0a;
const QUOTE_FIX = 'Put a field that holds a quote in quotes and write its own quotes twice: "He said ""no""".';

/** What has to be known of a file's head to read on from its middle. */
export interface CsvHead {
  header: string[];
  delimiter: string;
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

function delimiterOf(headerLine: string): string {
  const count = (delimiter: string) => headerLine.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

function absentColumn(column: Column, named: NamedColumns | null, header: readonly string[]): BadRow {
  const problem = `The header has no column ${JSON.stringify(named?.[column])}, which was named for ${column}.`;
  const names = header.slice(0, 20).map(shown).join(', ');
  const fix = `It has ${names}. Name one of these for ${column}, or none to have it guessed.`;
  return { line: 1, column, problem, fix };
}

export class CsvReader implements RowReader {
  position: ReaderPosition;
  broken = false;
  head: CsvHead | undefined;
  private readonly from: ReaderPosition;
  private readonly layout: Layout;
  private readonly named: NamedColumns | null;
  private readonly withFields: boolean;
  private columns: ColumnMap | undefined;
  private parser: Parser | undefined;
  private rows: RawRow[] = [];
  /** The head of the file until its first line is whole. */
  private opening = '';
  private readonly utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private linesRead = 0;
  private delimiter = ',';
  private nextLine: number;

  /**
   * @param options `withFields`: rows come with all their fields too, as they stand in the file
   * @param from where another reader of the same file has stopped, and what it knew of its head
   */
  constructor(
    {
      layout = RATINGS,
      named = null,
      withFields = false,
    }: { layout?: Layout; named?: NamedColumns | null; withFields?: boolean } = {},
    { position: from, head }: { position: ReaderPosition; head?: CsvHead | undefined } = { position: START },
  ) {
    this.from = from;
    this.layout = layout;
    this.named = named;
    this.withFields = withFields;
    this.position = from;
    this.nextLine = from.line;
    if (head) {
      this.head = head;
      this.columns = mapColumns(head.header, layout, named);
      this.parser = this.newParser(head.delimiter);
    }
  }

  /** Header names that mean nothing here. */
  get unused(): string[] {
    return this.columns?.unused ?? [];
  }

  push(chunk: Uint8Array): RawRow[] {
    const text = this.broken ? null : this.decode(chunk);
    if (text === null) return this.take();
    if (this.parser) this.parser.write(text);
    else this.open(text, false);
    return this.take();
  }

  end(): RawRow[] {
    if (this.broken) return this.take();
    try {
      this.utf8.decode();
    } catch {
      this.stop({ line: this.from.line + this.linesRead, column: null, ...NOT_UTF8 });
      return this.take();
    }
    if (!this.parser) this.open('', true);
    this.parser?.end();
    if (!this.head && !this.broken) {
      this.stop({ line: 1, column: null, problem: 'The file is empty.', fix: 'Upload a CSV file with a header line.' });
    }
    return this.take();
  }

  private take(): RawRow[] {
    const rows = this.rows;
    this.rows = [];
    return rows;
  }

  private stop(row: BadRow): void {
    this.rows.push(row);
    this.broken = true;
  }

  /** @returns the characters that end within this chunk, null where it is not text */
  private decode(chunk: Uint8Array): string | null {
    try {
      const text = this.utf8.decode(chunk, { stream: true });
      this.linesRead += countNewlines(chunk);
      return text;
    } catch {
      const fresh = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      let start = 0;
      let line = this.from.line + this.linesRead;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        try {
          fresh.decode(chunk.subarray(start, end));
        } catch {
          // The first line may begin in the chunk before, where its own bytes were found sound.
          break;
        }
        start = end + 1;
        line++;
      }
      this.stop({ line, column: null, ...NOT_UTF8 });
      return null;
    }
  }

  /** Reads the delimiter off the first line, then starts the parser. */
  private open(text: string, last: boolean): void {
    this.opening += text;
    const lineEnd = this.opening.indexOf('\n');
    if (lineEnd === -1 && !last && this.opening.length <= LIMITS.rowBytes) return;
    this.delimiter = delimiterOf(lineEnd === -1 ? this.opening : this.opening.slice(0, lineEnd));
    this.parser = this.newParser(this.delimiter);
    this.parser.write(this.opening);
    this.opening = '';
  }

  private newParser(delimiter: string): Parser {
    const atHead = this.from.offset === 0;
    const parser = parse({
      bom: atHead,
      delimiter,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: LIMITS.rowBytes,
      skip_records_with_error: true,
      on_skip: (error) => {
        this.refuse(error);
        return undefined;
      },
      on_record: (fields: string[], { bytes, lines }) => {
        this.accept(fields, lines, bytes);
        return null;
      },
    });
    parser.on('error', (error) => this.refuse(error));
    parser.resume();
    return parser;
  }

  private accept(fields: string[], lines: number, bytes: number): void {
    if (this.broken) return;
    const lastLine = this.from.line + lines - 1;
    this.position = { offset: this.from.offset + bytes, line: lastLine + 1 };
    this.nextLine = lastLine + 1;
    if (!this.columns) {
      this.readHeader(fields);
      return;
    }
    const width = this.head!.header.length;
    const line =
      lastLine - fields.reduce((sum, field) => sum + (field.includes('\n') ? field.split('\n').length - 1 : 0), 0);
    if (fields.length !== width) {
      const problem = `This row has ${fields.length} fields, the header has ${width}.`;
      const fix = 'Put fields that hold the delimiter or a line break in double quotes.';
      this.rows.push({ line, column: null, problem, fix });
      return;
    }
    const { index } = this.columns;
    const value: Record<string, string> = {};
    for (const column of this.layout.columns) {
      const at = index[column];
      if (at !== undefined) value[column] = fields[at]!;
    }
    this.rows.push(this.withFields ? { line, value, fields } : { line, value });
  }

  private get example(): string {
    const { columns, optional } = this.layout;
    return columns.filter((column) => !optional.includes(column) || column === 'item').join(',');
  }

  private readHeader(fields: string[]): void {
    this.head = { header: fields, delimiter: this.delimiter };
    this.columns = mapColumns(fields, this.layout, this.named);
    for (const column of this.columns.missing) {
      this.stop({
        line: 1,
        column,
        problem: `The header has no column for ${column}.`,
        fix: `Name it one of: ${namesOf(column)}. The first line has to name the columns, such as ${this.example}.`,
      });
    }
    for (const column of this.columns.absent) this.stop(absentColumn(column, this.named, fields));
  }

  private refuse(error: CsvError | undefined): void {
    if (this.broken || !error) return;
    const line = this.from.line + Number(error.lines ?? 1) - 1;
    const begins = Math.min(line, this.nextLine);
    if (error.code === 'CSV_MAX_RECORD_SIZE') {
      const problem = `The row that begins here is longer than ${LIMITS.rowBytes} bytes.`;
      this.stop({ line: begins, column: null, problem, fix: `${QUOTE_FIX} One in this row seems never to be closed.` });
    } else if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
      const problem = 'A quote is opened in the row that begins here and never closed.';
      this.stop({ line: begins, column: null, problem, fix: QUOTE_FIX });
    } else if (line >= this.nextLine) {
      // One stray quote can be refused several times over; the line counts once.
      this.nextLine = line + 1;
      const quote = error.code === 'INVALID_OPENING_QUOTE' || error.code === 'CSV_INVALID_CLOSING_QUOTE';
      const said = error.message.replace(/\s+/g, ' ').slice(0, 200);
      this.rows.push({
        line,
        column: null,
        problem: quote ? 'There is a quote in the middle of a field.' : said,
        fix: QUOTE_FIX,
      });
    }
  }
}

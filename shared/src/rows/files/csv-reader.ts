// Tables as text, by csv-parse: quoted fields with newlines, any line ends, and what stands between fields found out from the first lines.

import { type CsvError, type Parser, parse } from '#csv-parse';
import { LIMITS } from '../../limits.ts';
import {
  type ColumnMap,
  type Doubt,
  doubtfulColumn,
  type Layout,
  mapColumns,
  type NamedColumns,
  RATINGS,
} from '../columns/columns.ts';
import { type BadRow, type RawRow, type ReaderPosition, type RowReader, START } from '../row-reader.ts';
import { BackslashQuotes } from './backslash-quotes.ts';
import { commentIn, type Dialect, dialectOf, isStrict, isTelling } from './dialect.ts';
import { fieldCountFault } from './field-count.ts';
import { absentColumn, commentFault, lackingName, missingColumn } from './header-faults.ts';
import { lineEndsIn } from './line-counter.ts';
import { LineTable } from './line-table.ts';

const QUOTE_FIX = 'Put a field that holds a quote in quotes and write its own quotes twice: "He said ""no""".';
/** Excel writes rows of nothing but delimiters, DOS ends a file with Ctrl-Z. */
const isEmpty = (field: string) => field.replace('\u001a', '').trim() === '';
const TOO_LONG = {
  problem: `The row that begins here is longer than ${LIMITS.rowBytes} bytes.`,
  fix: 'Check that each row has a line of its own.',
};
/** What has to be known of a file's head to read on from its middle. */
export interface CsvHead {
  header: string[];
  dialect: Dialect;
  /** Named by hand, or told by their order. */
  named: NamedColumns | null;
}

interface CsvOptions {
  /** Null: rows are objects by the names in the header, as they are. */
  layout?: Layout | null;
  /** Names that the header needs then. */
  needed?: readonly string[];
  named?: NamedColumns | null;
}

export class CsvReader implements RowReader {
  position: ReaderPosition;
  broken = false;
  head: CsvHead | undefined;
  private readonly from: ReaderPosition;
  private readonly layout: Layout | null;
  private readonly needed: readonly string[];
  private readonly named: NamedColumns | null;
  private columns: ColumnMap | undefined;
  private parser: Pick<Parser, 'write' | 'end'> | undefined;
  private rows: RawRow[] = [];
  /** The head of the file until its dialect is told. */
  private opening = '';
  private dialect: Dialect | undefined;
  private quotes: BackslashQuotes | undefined;
  private readonly utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
  /** Line ends within fields that the parser counts twice: CRLF. */
  private countedTwice = 0;
  private nextLine: number;

  /** @param from where another reader of the same file has stopped, and what it knew of its head */
  constructor(
    { layout = RATINGS, needed = [], named = null }: CsvOptions = {},
    { position: from, head }: { position: ReaderPosition; head?: CsvHead | undefined } = { position: START },
  ) {
    this.from = from;
    this.layout = layout;
    this.needed = needed;
    this.named = named;
    this.position = from;
    this.nextLine = from.line;
    if (head) {
      this.head = head;
      this.columns = this.mapped(head);
      this.start(head.dialect);
    }
  }

  /** Header names that mean nothing here. */
  get unused(): string[] {
    return (this.layout && this.columns?.unused) ?? [];
  }

  /** Columns that are not read although their names are usual for it. */
  get doubtful(): Doubt[] {
    return this.columns?.doubtful ?? [];
  }

  /** What each column is called, as it was named, guessed or told by its order. */
  get names(): NamedColumns {
    return this.columns?.names ?? {};
  }

  push(chunk: Uint8Array): RawRow[] {
    if (this.broken) return [];
    const text = this.utf8.decode(chunk, { stream: true });
    if (this.parser) this.write(text);
    else this.open(text, false);
    return this.take();
  }

  end(): RawRow[] {
    if (this.broken) return [];
    if (!this.parser) this.open('', true);
    const rest = this.quotes?.end();
    if (rest) this.parser?.write(rest);
    this.parser?.end();
    if (!this.head && !this.broken) {
      this.stop({ line: 1, column: null, problem: 'The file is empty.', fix: 'Give a table with a header line.' });
    }
    return this.take();
  }

  private take(): RawRow[] {
    return this.rows.splice(0);
  }

  private stop(row: BadRow): void {
    this.rows.push(row);
    this.broken = true;
  }

  private write(text: string): void {
    this.parser!.write(this.quotes ? this.quotes.push(text) : text);
  }

  private open(text: string, last: boolean): void {
    this.opening += text;
    if (!last && !isTelling(this.opening)) return;
    const opening = this.opening.replace(/^\ufeff/, '');
    if (opening.trim() === '') return;
    const comment = commentIn(opening, this.layout, this.needed);
    if (comment) {
      this.stop(commentFault(comment));
      return;
    }
    this.start(dialectOf(opening, this.layout, this.named));
    this.write(this.opening);
    this.opening = '';
  }

  private start(dialect: Dialect): void {
    this.dialect = dialect;
    this.parser = isStrict(dialect.delimiter) ? this.csvParser(dialect) : this.lineTable(dialect);
  }

  private lineTable(dialect: Dialect): LineTable {
    const reader = this;
    return new LineTable(dialect, {
      get width() {
        return reader.head?.header.length;
      },
      accept: (fields, lines, bytes) => this.accept(fields, lines, bytes),
      refuseOpen: (lines) => this.refuseOpen(this.from.line + lines - 1),
      refuseLong: (lines) => this.stop({ line: this.from.line + lines - 1, column: null, ...TOO_LONG }),
    });
  }

  private csvParser(dialect: Dialect): Parser {
    if (dialect.backslash) this.quotes = new BackslashQuotes(dialect);
    const parser = parse({
      bom: this.from.offset === 0,
      delimiter: dialect.delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_quotes: false,
      skip_empty_lines: true,
      trim: true,
      relax_column_count: true,
      max_record_size: LIMITS.rowBytes,
      skip_records_with_error: true,
      on_skip: (error) => {
        this.refuse(error);
        return undefined;
      },
      on_record: (fields: string[], { bytes, lines }) => {
        this.countedTwice += fields.reduce((sum, field) => sum + (field.match(/\r\n/g)?.length ?? 0), 0);
        this.accept(fields, lines - this.countedTwice, bytes);
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
    this.nextLine = lastLine + 1;
    this.position = { offset: this.from.offset + bytes, line: lastLine + 1 };
    if (fields.every(isEmpty)) return;
    if (!this.columns) {
      if (this.dialect!.hint && this.head === undefined && /^sep=/i.test(fields[0]!)) return;
      this.readHeader(this.dialect!.byOrder ? fields.map((_, at) => String(at + 1)) : fields);
      if (this.broken || !this.dialect!.byOrder) return;
    }
    const width = this.head!.header.length;
    const line = lastLine - fields.reduce((sum, field) => sum + lineEndsIn(field), 0);
    if (fields.length !== width) {
      this.rows.push({ line, column: null, ...fieldCountFault(fields, width, this.dialect!) });
      return;
    }
    this.rows.push({ line, value: this.valueOf(fields), fields });
  }

  private valueOf(fields: readonly string[]): Record<string, string> {
    const value: Record<string, string> = {};
    if (!this.layout) {
      for (const [at, name] of this.head!.header.entries()) value[name.trim()] = fields[at]!;
      return value;
    }
    const { index } = this.columns!;
    for (const column of this.layout.columns) {
      const at = index[column];
      if (at !== undefined) value[column] = fields[at]!;
    }
    return value;
  }

  private mapped({ header, named }: CsvHead): ColumnMap {
    return mapColumns(header, this.layout ?? { columns: [], optional: [] }, named);
  }

  private readHeader(header: string[]): void {
    const { byOrder } = this.dialect!;
    this.head = { header, dialect: this.dialect!, named: byOrder ? { ...byOrder, ...this.named } : this.named };
    this.columns = this.mapped(this.head);
    const { missing, absent, doubtful } = this.columns;
    const lacking = this.needed.find((name) => !header.some((other) => other.trim() === name));
    if (lacking !== undefined) this.stop(lackingName(lacking, this.needed, header));
    for (const column of missing) {
      const doubt = doubtful.find((one) => one.column === column);
      this.stop(
        doubt ? { line: 1, ...doubtfulColumn(doubt) } : missingColumn(column, this.layout!, this.head, this.columns),
      );
    }
    for (const column of absent) this.stop(absentColumn(column, this.named, header));
  }

  /** Of a table whose rows are lines. */
  private refuseOpen(line: number): void {
    this.rows.push({
      line,
      column: null,
      problem: 'A quote opens a field here and closes none.',
      fix: 'Write the row on one line with all of its fields, and take out the quote or close it at the end of its field.',
    });
  }

  private refuse(error: CsvError | undefined): void {
    if (this.broken || !error) return;
    const begins = this.nextLine;
    // The line ends since then stand in quotes, where the parser counts CRLF twice.
    const since = Number(error.lines ?? 1) - (begins - this.from.line + 1 + this.countedTwice);
    const passed = this.dialect!.crlf ? Math.round(since / 2) : since;
    if (error.code === 'CSV_MAX_RECORD_SIZE') {
      const fix = `Shorten it. Where no row should be so long, a quote in it may never be closed: ${QUOTE_FIX.replace(/^P/, 'p')}`;
      this.stop({ line: begins, column: null, ...TOO_LONG, fix });
    } else if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
      const problem = 'A quote is opened in the row that begins here and never closed.';
      this.stop({ line: begins, column: null, problem, fix: QUOTE_FIX });
    } else if (since >= 0) {
      // One stray quote can be refused several times over; the line counts once.
      this.nextLine = begins + passed + 1;
      this.countedTwice += since - passed;
      this.refuseLines(begins, passed, error);
    }
  }

  /** A row with a stray quote, and the lines that it has taken for its own. */
  private refuseLines(line: number, more: number, error: CsvError): void {
    const quote = error.code === 'INVALID_OPENING_QUOTE' || error.code === 'CSV_INVALID_CLOSING_QUOTE';
    const said = quote
      ? 'There is a quote in the middle of a field.'
      : error.message.replace(/\s+/g, ' ').slice(0, 200);
    const open = `A quote opened in the row that begins here is not closed before line ${line + more}, where another stands in the middle of a field.`;
    this.rows.push({ line, column: null, problem: more > 0 ? open : said, fix: QUOTE_FIX });
    for (let after = line + 1; after <= line + more; after++) {
      const problem = `The quote of line ${line} makes this line a part of its field.`;
      this.rows.push({ line: after, column: null, problem, fix: QUOTE_FIX });
    }
  }
}

// The one reader of people's files: it finds out by its content what a file is, and hands on its rows.
import type { DatasetFormat } from '../../wire/datasets.ts';
import type { Layout, NamedColumns } from '../columns/columns.ts';
import { type BadRow, type RawRow, type ReaderPosition, type RowReader, START } from '../row-reader.ts';
import { type CsvHead, CsvReader } from './csv-reader.ts';
import { isHeader } from './dialect.ts';
import { TextBorder, type TextState } from './encoding.ts';
import { JsonArrayReader } from './json-array-reader.ts';
import { objectFormOf } from './json-form.ts';
import { arraysFault } from './json-layouts.ts';
import { JsonlReader } from './jsonl-reader.ts';

/** How the text of a file is written. */
export type TextForm = 'csv' | 'jsonl' | 'json';

export interface FileReaderOptions {
  /** What the columns of a table mean; null: rows are objects by the names in its header. */
  layout: Layout | null;
  /** Names that the header needs then. */
  needed?: readonly string[];
  named: NamedColumns | null;
  /** What the file is said to be: it counts where its content does not tell. */
  format: DatasetFormat | null;
}

/** What another reader of the same file needs to go on. */
export interface FileReaderState {
  position: ReaderPosition;
  text: TextState;
  form: TextForm;
  csv: CsvHead | null;
  wrapped: boolean;
}

/** So many tell what is no table. */
const TELLING_CHARACTERS = 64;
const [OPEN_ARRAY, OPEN_OBJECT] = ['[', '{'];

export class FileReader implements RowReader {
  broken = false;
  private readonly options: FileReaderOptions;
  private readonly border: TextBorder;
  private reader: CsvReader | JsonArrayReader | JsonlReader | undefined;
  /** The beginning, until it tells how the file is written. */
  private opening: Uint8Array[] = [];
  private at: ReaderPosition;
  private text: TextState | undefined;

  constructor(options: FileReaderOptions, from?: FileReaderState) {
    this.options = options;
    this.at = from?.position ?? START;
    this.text = from?.text;
    this.border = new TextBorder({ line: this.at.line, state: from?.text });
    if (from) this.reader = this.goOn(from);
  }

  /** Null until it is told. */
  get form(): TextForm | null {
    if (!this.reader) return null;
    if (this.reader instanceof CsvReader) return 'csv';
    return this.reader instanceof JsonlReader ? 'jsonl' : 'json';
  }

  /** Of a table. */
  get csv(): CsvReader | undefined {
    return this.reader instanceof CsvReader ? this.reader : undefined;
  }

  /** Behind the last row that was handed on: bytes of the file, whatever its encoding. */
  get position(): ReaderPosition {
    return this.at;
  }

  /** Undefined until a row was handed on. */
  get state(): FileReaderState | undefined {
    const { form, text, reader } = this;
    if (!form || !text) return undefined;
    const wrapped = reader instanceof JsonArrayReader && reader.wrapped;
    return { position: this.at, text, form, csv: this.csv?.head ?? null, wrapped };
  }

  push(chunk: Uint8Array): RawRow[] {
    if (this.broken) return [];
    return this.take(this.border.push(chunk), false);
  }

  end(): RawRow[] {
    if (this.broken) return [];
    const rows = this.take(this.border.end(), true);
    if (!this.broken && this.reader) rows.push(...this.reader.end());
    this.broken ||= this.reader?.broken === true;
    return rows;
  }

  private take(text: Uint8Array, last: boolean): RawRow[] {
    const rows: RawRow[] = [];
    if (this.reader) rows.push(...this.reader.push(text));
    else {
      this.opening.push(text.slice());
      if (!this.border.fault) rows.push(...this.open(last));
    }
    if (this.border.fault) rows.push(this.border.fault);
    this.broken ||= this.border.fault !== undefined || this.reader?.broken === true;
    this.moveOn();
    return rows;
  }

  private moveOn(): void {
    if (!this.reader) return;
    const { offset, line } = this.reader.position;
    this.text = this.border.state(offset);
    if (offset > 0) this.at = { offset: this.text.offset.file, line };
  }

  private open(last: boolean): RawRow[] {
    const bytes = this.opening.length === 1 ? this.opening[0]! : joined(this.opening);
    this.opening = [bytes];
    const form = this.formOf(new TextDecoder('utf-8').decode(bytes), last);
    if (form === null) return [];
    if (typeof form !== 'string') {
      this.broken = true;
      return [form];
    }
    this.opening = [];
    this.reader = this.newReader(form);
    return this.reader.push(bytes);
  }

  private formOf(opening: string, last: boolean): TextForm | BadRow | null {
    const text = opening.trimStart();
    const said = this.options.format === 'json' || this.options.format === 'jsonl' ? this.options.format : 'csv';
    if (text === '') return last ? said : null;
    if (text[0] === OPEN_ARRAY) {
      if (!last && text.length < TELLING_CHARACTERS) return null;
      return notRows(text) ?? 'json';
    }
    const { layout, needed } = this.options;
    if (text[0] === OPEN_OBJECT) {
      return notRows(text) ?? objectFormOf(text, last, (names) => isHeader(names.join(','), layout, needed));
    }
    if (!last && text.length < TELLING_CHARACTERS && !/[\r\n]/.test(text)) return null;
    const [first = ''] = text.split(/[\r\n]/, 1);
    return notRows(text) ?? (isHeader(first, layout, needed) ? 'csv' : said);
  }

  private newReader(form: TextForm) {
    if (form === 'csv') return new CsvReader(this.options);
    return form === 'json' ? new JsonArrayReader() : new JsonlReader();
  }

  private goOn({ form, position: { line }, text, csv, wrapped }: FileReaderState) {
    const position = { offset: text.offset.text, line };
    if (form === 'csv') return new CsvReader(this.options, { position, head: csv ?? undefined });
    return form === 'json' ? new JsonArrayReader(position, wrapped) : new JsonlReader(position);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** What stands where rows should be. */
function notRows(text: string): BadRow | null {
  const at = { line: 1, column: null };
  if (/^version https:\/\/git-lfs/.test(text)) {
    return {
      ...at,
      problem: 'This is the pointer of Git LFS, not the file.',
      fix: 'Fetch the file itself: git lfs pull.',
    };
  }
  if (/^<(?:!doctype|html|\?xml|[a-z]+[ >])/i.test(text)) {
    return {
      ...at,
      problem: 'This is a web page or XML, not a table.',
      fix: 'Download the file itself, or write it as CSV.',
    };
  }
  const fault = arraysFault(text);
  return fault && { ...at, ...fault };
}

// One pass over a file: its rows read, checked and counted, with what is wrong or odd in them. The edge's validation and the page that
// shows a file before its upload say the same because both are this.
import type { Sampling } from '../interactions.ts';
import { LIMITS } from '../limits.ts';
import type { DatasetFormat, DatasetKind, DatasetStats, RowError } from '../wire/datasets.ts';
import { type Column, isTableKind, LAYOUTS, type NamedColumns, namesOf } from './columns.ts';
import { type CsvHead, CsvReader } from './csv-reader.ts';
import type { ItemIndexState } from './item-index.ts';
import { JsonArrayReader, JsonlReader } from './json-readers.ts';
import { type Normalised, type RowCheck, rowCheck } from './row-check.ts';
import { isBad, type RawRow, type ReaderPosition, type RowReader, START } from './row-reader.ts';
import { Tally, type TallyState } from './tally.ts';

/** What has to be known of a file to read it. */
export interface FileForm {
  kind: DatasetKind;
  format: DatasetFormat;
  sampling: Sampling;
  columns: NamedColumns | null;
}

export interface CheckedRow {
  line: number;
  checked: Normalised;
  /** The row as it is written. */
  text: string;
}

/** What another pass needs to go on where this one has stopped. */
export interface RowPassState {
  position: ReaderPosition;
  csv: CsvHead | null;
  errorCount: number;
  rowErrors: RowError[];
  unseen: Column[];
  tally: TallyState;
}

/** Of JSON rows, whose keys are gathered. */
const ROWS_WITH_NAMES = 100;
const MAX_NAMES = 1000;

function newReader({ kind, format, columns }: FileForm, from: RowPassState | undefined): RowReader {
  const position = from?.position ?? START;
  if (format === 'jsonl') return new JsonlReader(position);
  if (format === 'json') return new JsonArrayReader(position);
  const layout = LAYOUTS[isTableKind(kind) ? kind : 'interactions'];
  return new CsvReader({ layout, named: columns }, { position, head: from?.csv ?? undefined });
}

export class RowPass {
  errorCount: number;
  /** The first of them. */
  readonly rowErrors: RowError[];
  private readonly form: FileForm;
  private readonly reader: RowReader;
  private readonly check: RowCheck;
  private readonly tally: Tally;
  /** Columns that were named and have been in no JSON row yet. */
  private readonly unseen: Set<Column>;
  private readonly keys = new Set<string>();
  private read = 0;

  constructor(form: FileForm, from?: RowPassState) {
    this.form = form;
    this.reader = newReader(form, from);
    this.check = rowCheck(form.kind, form.format === 'csv', form.columns);
    this.tally = new Tally(form.kind, form.sampling, from?.tally);
    this.errorCount = from?.errorCount ?? 0;
    this.rowErrors = from?.rowErrors ?? [];
    this.unseen = new Set(from?.unseen ?? (form.format === 'csv' ? [] : (Object.keys(form.columns ?? {}) as Column[])));
  }

  /** The good rows that end within this chunk; the others are counted. */
  push(chunk: Uint8Array): CheckedRow[] {
    return this.take(this.reader.push(chunk));
  }

  /** What is left at the end of the file. */
  end(): CheckedRow[] {
    const rows = this.take(this.reader.end());
    for (const column of this.unseen) this.refuseFirst(this.neverSeen(column));
    if (this.tally.rows === 0 && this.errorCount === 0) {
      this.refuse({
        line: 1,
        column: null,
        problem: 'The file has no rows.',
        fix: 'Upload a file with at least one row.',
      });
    }
    return rows;
  }

  /** Set when nothing after this point can be read. */
  get broken(): boolean {
    return this.reader.broken;
  }

  get position(): ReaderPosition {
    return this.reader.position;
  }

  get state(): RowPassState {
    const { reader, errorCount, rowErrors, unseen, tally } = this;
    const csv = reader instanceof CsvReader ? (reader.head ?? null) : null;
    return { position: reader.position, csv, errorCount, rowErrors, unseen: [...unseen], tally: tally.state };
  }

  /** What the file calls its columns: its header, or the keys of its first rows. */
  get names(): string[] {
    return this.reader instanceof CsvReader ? (this.reader.head?.header ?? []) : [...this.keys];
  }

  stats(): DatasetStats {
    return this.tally.stats();
  }

  /** The items, those in the most rows first. */
  rankedItems(): ItemIndexState {
    return this.tally.rankedItems();
  }

  /** @param whole whether this was the whole file, about which more can be said */
  warnings(whole = true): string[] {
    const unused = this.reader instanceof CsvReader ? this.reader.unused : [];
    return this.tally.warnings(unused, whole);
  }

  private take(rows: RawRow[]): CheckedRow[] {
    const good: CheckedRow[] = [];
    for (const row of rows) {
      if (isBad(row)) {
        this.refuse(row);
        continue;
      }
      this.look(row.value);
      const checked = this.check(row.value);
      if ('faults' in checked) for (const fault of checked.faults) this.refuse({ line: row.line, ...fault });
      else {
        const text = JSON.stringify(checked.row);
        this.tally.add(checked, text);
        good.push({ line: row.line, checked, text });
      }
    }
    return good;
  }

  private look(value: unknown): void {
    if (this.form.format === 'csv' || (this.unseen.size === 0 && this.read >= ROWS_WITH_NAMES)) return;
    this.read++;
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return;
    for (const column of this.unseen) {
      if (Object.hasOwn(value, this.form.columns![column]!)) this.unseen.delete(column);
    }
    if (this.read <= ROWS_WITH_NAMES && this.keys.size < MAX_NAMES) {
      for (const key of Object.keys(value)) this.keys.add(key);
    }
  }

  private refuse(error: RowError): void {
    this.errorCount++;
    if (this.rowErrors.length < LIMITS.rowErrors) this.rowErrors.push(error);
  }

  /** Before what follows from it. */
  private refuseFirst(error: RowError): void {
    this.errorCount++;
    this.rowErrors.unshift(error);
    this.rowErrors.splice(LIMITS.rowErrors);
  }

  private neverSeen(column: Column): RowError {
    const name = JSON.stringify(this.form.columns?.[column]);
    const problem = `No row has the key ${name}, which was named for ${column}.`;
    const fix = `Name the key that holds it, or none to have it guessed by such names as ${namesOf(column)}.`;
    return { line: 1, column, problem, fix };
  }
}

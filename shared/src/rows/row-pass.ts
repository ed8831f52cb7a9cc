// One pass over a file: its rows read, checked and counted, with what is wrong or odd in them. The edge's validation, the command line and
// the page that shows a file before its upload say the same because all are this.
import type { Interaction, Sampling } from '../interactions.ts';
import type { ItemStatistics } from '../item-opinions.ts';
import type { BadRows, DatasetFormat, DatasetKind, DatasetStats, RowError } from '../wire/datasets.ts';
import { Notation, type NotationState } from './checks/notation.ts';
import { columnReader, type Normalised, type RowCheck, rowCheck, type Titles, tableCheck } from './checks/row-check.ts';
import { WaitingRows } from './checks/waiting-rows.ts';
import { ColumnMeaning, type MeaningRow, OTHER_COLUMNS } from './columns/column-meaning.ts';
import { isTableKind, LAYOUTS, type Layout, type NamedColumns, withoutTitles } from './columns/columns.ts';
import { INSTRUCTION_FIELDS, RowKeys, type RowKeysState } from './columns/row-keys.ts';
import { FaultCounts, type FaultCountsState } from './counts/fault-counts.ts';
import type { ItemIndexState } from './counts/item-index.ts';
import { Tally, type TallyState } from './counts/tally.ts';
import { FileReader, type FileReaderState } from './files/file-reader.ts';
import { shown } from './row-fault.ts';
import { type GoodRow, isBad, type RawRow, type ReaderPosition } from './row-reader.ts';

/** What has to be known of a file to read it. */
export interface FileForm {
  kind: DatasetKind;
  /** What it is said to be; its content goes before. Null where nobody said. */
  format: DatasetFormat | null;
  sampling: Sampling;
  columns: NamedColumns | null;
  /** Of ratings whose file has none: by the ids of items. */
  titles?: Titles | undefined;
  /** What becomes of the others where some rows cannot be used; they are refused where nothing is said. */
  badRows?: BadRows | undefined;
  /** Whether its columns were judged before, as those of rows in their normalised form. */
  judged?: boolean | undefined;
}

export interface CheckedRow {
  line: number;
  checked: Normalised;
  /** The row as it is written. */
  text: string;
}

/** What another pass needs to go on where this one has stopped. */
export interface RowPassState {
  reader: FileReaderState;
  faults: FaultCountsState;
  notation: NotationState;
  waiting: RawRow[];
  keys: RowKeysState;
  /** Null once they are judged. */
  meaning: MeaningRow[] | null;
  doubts: string[];
  tally: TallyState;
}

const SHOWN_NAMES = 20;

/** What pandas adds to a table of its own accord. */
const HARMLESS = ['__index_level_0__', 'Unnamed: 0', ''];

function layoutOf({ kind, titles }: FileForm): Layout | null {
  if (!isTableKind(kind)) return null;
  return titles && kind === 'interactions' ? withoutTitles(LAYOUTS[kind]) : LAYOUTS[kind];
}

export class RowPass {
  private readonly faults: FaultCounts;
  private readonly form: FileForm;
  private readonly reader: FileReader;
  private readonly check: RowCheck;
  private readonly notation: Notation;
  /** Of ratings. */
  private readonly waiting: WaitingRows | null = null;
  private readonly tally: Tally;
  /** Of rows that are objects. */
  private readonly keys: RowKeys;
  private meaning: ColumnMeaning | null;
  /** Columns of a table that are looked at though nothing reads them, and where they lie. */
  private others: readonly { name: string; at: number }[] | undefined;
  private readonly doubts: string[];
  /** Nothing after this point is of use. */
  private hopeless = false;

  constructor(form: FileForm, from?: RowPassState) {
    const { kind, format, columns, titles } = form;
    this.form = form;
    const layout = layoutOf(form);
    this.reader = new FileReader(
      { layout, needed: layout ? [] : INSTRUCTION_FIELDS, named: columns, format },
      from?.reader,
    );
    this.notation = new Notation(from?.notation);
    if (isTableKind(kind)) {
      const columnsOf = columnReader(layout!, columns, () => this.reader.csv?.names ?? {});
      this.check = tableCheck(kind, { columnsOf, notation: this.notation, titles });
      if (kind === 'interactions') this.waiting = new WaitingRows(this.notation, columnsOf, from?.waiting);
    } else this.check = rowCheck(kind);
    this.tally = new Tally(kind, form.sampling, from?.tally);
    this.faults = new FaultCounts(from?.faults);
    this.keys = new RowKeys(kind, layout, columns, from?.keys);
    const judged = kind !== 'interactions' || form.judged || from?.meaning === null;
    this.meaning = judged ? null : new ColumnMeaning(from?.meaning ?? []);
    this.doubts = from?.doubts ?? [];
  }

  /** The good rows that end within this chunk; the others are counted. */
  push(chunk: Uint8Array): CheckedRow[] {
    return this.hopeless ? [] : this.take(this.told(this.reader.push(chunk)));
  }

  /** What is left at the end of the file. */
  end(): CheckedRow[] {
    if (this.hopeless) return [];
    const last = this.told(this.reader.end());
    const rows = [...this.take(last), ...this.settle()];
    if (this.reader.form !== 'csv')
      for (const fault of this.keys.unseenFaults()) this.faults.addOfFile({ line: 1, ...fault });
    this.judge();
    if (this.tally.rows === 0 && this.errorCount === 0) {
      this.faults.addOfFile({
        line: 1,
        column: null,
        problem: 'The file has no rows.',
        fix: 'Give a file with at least one row.',
      });
    }
    const { faults, tally } = this;
    if (this.form.badRows === 'leave-out' && !this.isFileRefused && this.isRefused()) {
      faults.addOfFile(faults.mostUnusable(tally.read));
    }
    return rows;
  }

  /** What can be said where not all of the file is at hand: what its columns hold and how it writes dates, by the rows so far. */
  soFar(): CheckedRow[] {
    if (this.hopeless) return [];
    const rows = this.settle();
    this.judge();
    return rows;
  }

  private judge(): void {
    const found = this.meaning?.judge(this.columnNames) ?? [];
    this.meaning = null;
    for (const { grave, ...fault } of found) {
      // Who names a column knows what it holds.
      if (grave && this.form.columns?.[fault.column] === undefined) {
        this.faults.addOfFile({ line: 1, ...fault });
        this.hopeless = true;
      } else this.doubts.push(`${fault.problem} ${fault.fix}`);
    }
  }

  /** Set when nothing after this point can be read. */
  get broken(): boolean {
    return this.reader.broken || this.hopeless;
  }

  /** Whether nothing is taken of the file, whatever its rows hold. */
  get isFileRefused(): boolean {
    return this.faults.ofFile || this.broken;
  }

  get errorCount(): number {
    return this.faults.errorCount;
  }

  /** The first of them. */
  get rowErrors(): RowError[] {
    return this.faults.rowErrors;
  }

  /** Rows that cannot be used. */
  get unusable(): number {
    return this.faults.unusable;
  }

  /** Whether it will be refused, whatever follows. */
  get isHopeless(): boolean {
    return this.isFileRefused || (this.form.badRows !== 'leave-out' && this.errorCount > 0);
  }

  /** Whether it is refused, as far as it was read. */
  isRefused(badRows: BadRows = this.form.badRows ?? 'refuse'): boolean {
    return this.isFileRefused || this.faults.refuse(badRows, this.tally.read);
  }

  get position(): ReaderPosition {
    return this.reader.position;
  }

  /** Undefined until a row was read. */
  get state(): RowPassState | undefined {
    const { faults, notation, waiting, keys, meaning, doubts, tally } = this;
    const reader = this.reader.state;
    return (
      reader && {
        reader,
        faults: faults.state,
        notation: notation.state,
        waiting: waiting?.state ?? [],
        keys: keys.state,
        meaning: meaning?.state ?? null,
        doubts,
        tally: tally.state,
      }
    );
  }

  /** What the file calls its columns: its header, or the keys of its rows. */
  get names(): string[] {
    const { csv } = this.reader;
    return csv ? (csv.head?.header ?? []) : [...this.keys.names];
  }

  /** Which of them holds what, as it was named, guessed, or told by their order. */
  get columnNames(): NamedColumns {
    const { csv } = this.reader;
    return csv ? csv.names : this.keys.mapped(this.names).names;
  }

  stats(): DatasetStats {
    return { ...this.tally.stats(), unusable: this.isFileRefused ? null : this.unusable };
  }

  /** The items, those in the most rows first. */
  rankedItems(): ItemIndexState {
    return this.tally.rankedItems();
  }

  /** Of facts about items: likes and ratings, the most rated items first. */
  itemStatistics(): ItemStatistics {
    return this.tally.itemStatistics();
  }

  /** @param whole whether this was the whole file, about which more can be said; of one that is refused there is little */
  warnings(whole = true): string[] {
    const isTaken = this.form.badRows === 'leave-out' && !this.isRefused();
    const leftOut = isTaken ? this.faults.leftOut(this.tally.read) : null;
    return [
      ...(leftOut === null ? [] : [leftOut]),
      ...this.formWarnings(),
      ...this.tally.warnings(whole && !this.isRefused('leave-out')),
    ];
  }

  /** That texts were cut. */
  get cutWarning(): string | null {
    return this.tally.cutWarning();
  }

  /** What is odd in how the file is written, whatever its rows hold. */
  formWarnings(): string[] {
    const { csv } = this.reader;
    const found: string[] = [];
    const byOrder = csv?.head?.dialect.byOrder;
    if (csv && byOrder) {
      const order = Object.entries(csv.names).map(([column, name]) => `${name} = ${column}`);
      found.push(`The file has no header line: its columns were read as ${order.join(', ')}.`);
    }
    const fromTable = csv !== undefined && isTableKind(this.form.kind);
    const unused = (fromTable ? csv.unused : [...this.keys.unused]).filter((name) => !HARMLESS.includes(name));
    if (unused.length > 0) {
      const more = unused.length > SHOWN_NAMES ? ` and ${unused.length - SHOWN_NAMES} more` : '';
      const names = unused.slice(0, SHOWN_NAMES).join(', ');
      found.push(`These ${csv ? 'columns' : 'fields'} are not used: ${names}${more}.`);
    }
    const doubtful = csv ? csv.doubtful : this.keys.mapped(this.names).doubtful;
    for (const { column, name, why } of doubtful) found.push(`${shown(name)} is not read as ${column}: ${why}.`);
    return [...found, ...this.notation.readings, ...this.doubts];
  }

  private told(rows: RawRow[]): RawRow[] {
    return this.waiting ? this.waiting.push(rows, this.position.offset) : rows;
  }

  private settle(): CheckedRow[] {
    return this.take(this.waiting?.end() ?? []);
  }

  private take(rows: RawRow[]): CheckedRow[] {
    const good: CheckedRow[] = [];
    for (const row of rows) {
      if (this.hopeless) break;
      if (isBad(row)) {
        const { line, ...fault } = row;
        this.faults.addRow(line, [fault]);
        continue;
      }
      if (!row.fields || !isTableKind(this.form.kind)) this.keys.add(row.value);
      const checked = this.check(row);
      if ('faults' in checked) {
        this.hopeless = checked.hopeless === true;
        this.faults.addRow(row.line, checked.faults);
      } else if (this.isLeftOut(checked)) this.tally.addUnrated();
      else {
        const text = JSON.stringify(checked.row);
        this.tally.add(checked, text);
        good.push({ line: row.line, checked, text });
        if (this.meaning && checked.kind === 'interactions') this.addMeaning(row, checked.row);
      }
    }
    return good;
  }

  private isLeftOut(checked: Normalised): boolean {
    const { unrated } = this.form.sampling;
    return unrated !== undefined && checked.kind === 'interactions' && checked.row.rating === unrated;
  }

  private otherColumns(): readonly { name: string; at: number }[] {
    const { unused, head } = this.reader.csv!;
    this.others ??= unused.slice(0, OTHER_COLUMNS).map((name) => ({ name, at: head!.header.indexOf(name) }));
    return this.others;
  }

  private addMeaning({ value, fields }: GoodRow, row: Interaction): void {
    const others: Record<string, string> = {};
    if (fields) {
      for (const { name, at } of this.otherColumns()) others[name] = fields[at] ?? '';
    } else {
      for (const name of this.keys.unused) {
        const other = (value as Record<string, unknown>)[name];
        if (typeof other === 'string' || typeof other === 'number') others[name] = String(other);
      }
    }
    if (this.meaning!.add(row, others)) this.judge();
  }
}

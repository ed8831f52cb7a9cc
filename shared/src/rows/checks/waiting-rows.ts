// Rows that can be read in two ways until others show which: they wait, and those behind them too, so that their order stays.
import { isBad, type RawRow } from '../row-reader.ts';
import type { Notation } from './notation.ts';
import type { ColumnsOf } from './row-check.ts';

/** Of the file, between the first row that waits and the last. */
const MOST_BYTES = 16 * 1024 * 1024;

export class WaitingRows {
  private readonly notation: Notation;
  private readonly columnsOf: ColumnsOf;
  private rows: RawRow[];
  private from = 0;

  constructor(notation: Notation, columnsOf: ColumnsOf, rows: RawRow[] = []) {
    this.notation = notation;
    this.columnsOf = columnsOf;
    this.rows = rows;
  }

  get state(): RawRow[] {
    return this.rows;
  }

  /**
   * @param offset of the file, behind these rows
   * @returns those of which it is told how to read them, with those that waited for it
   */
  push(rows: RawRow[], offset: number): RawRow[] {
    const { notation } = this;
    if (notation.closed) return rows;
    if (this.rows.length === 0) this.from = offset;
    const all = this.rows.concat(rows);
    for (const row of rows) notation.see(this.writtenIn(row));
    if (offset - this.from > MOST_BYTES) notation.close();
    const unclear = notation.closed ? -1 : all.findIndex((row) => notation.isUnclear(this.writtenIn(row)));
    this.rows = unclear === -1 ? [] : all.slice(unclear);
    return unclear === -1 ? all : all.slice(0, unclear);
  }

  /** What waits; nothing does after that. */
  end(): RawRow[] {
    this.notation.close();
    const { rows } = this;
    this.rows = [];
    return rows;
  }

  /** What of a row is a number or a time. */
  private writtenIn(row: RawRow): unknown[] {
    if (isBad(row)) return [];
    const columns = this.columnsOf(row);
    return 'cells' in columns ? [columns.cells.rating, columns.cells.time] : [];
  }
}

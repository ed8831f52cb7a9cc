// What is wrong in a file: the first faults, how many there are, and whether the other rows can be taken in spite of them.
import { LIMITS } from '../../limits.ts';
import type { BadRows, RowError } from '../../wire/datasets.ts';
import { placed, type RowFault } from '../row-fault.ts';

const SHOWN_LEFT_OUT = 3;

export interface FaultCountsState {
  errorCount: number;
  rowErrors: RowError[];
  unusable: number;
}

export class FaultCounts {
  errorCount: number;
  /** The first of them. */
  readonly rowErrors: RowError[];
  /** Rows that have one. */
  unusable: number;
  /** Whether there was one of the file as a whole. */
  ofFile = false;

  constructor(from?: FaultCountsState) {
    this.errorCount = from?.errorCount ?? 0;
    this.rowErrors = from?.rowErrors ?? [];
    this.unusable = from?.unusable ?? 0;
  }

  get state(): FaultCountsState {
    const { errorCount, rowErrors, unusable } = this;
    return { errorCount, rowErrors, unusable };
  }

  /** All faults of one row. */
  addRow(line: number, faults: readonly RowFault[]): void {
    this.unusable++;
    this.errorCount += faults.length;
    const errors = faults.map((fault) => ({ line, ...fault }));
    this.rowErrors.push(...errors.slice(0, LIMITS.rowErrors - this.rowErrors.length));
  }

  /** One of the whole file, before what follows from it. */
  addOfFile(error: RowError): void {
    this.ofFile = true;
    this.errorCount++;
    this.rowErrors.unshift(error);
    this.rowErrors.splice(LIMITS.rowErrors);
  }

  /**
   * Whether the file is refused for its rows, as far as it was read.
   * @param good rows that can be used
   */
  refuse(badRows: BadRows, good: number): boolean {
    return badRows === 'leave-out' ? this.unusable > good : this.errorCount > 0;
  }

  /** How many rows were left out, and the first of them; null where there are none. */
  leftOut(good: number): string | null {
    const { unusable, errorCount, rowErrors } = this;
    if (unusable === 0) return null;
    const first = rowErrors.slice(0, SHOWN_LEFT_OUT).map(placed).join(' ');
    const more = errorCount > SHOWN_LEFT_OUT ? ' …' : '';
    const are = unusable === 1 ? 'is' : 'are';
    return `${unusable} of ${unusable + good} rows cannot be used and ${are} left out. ${first}${more}`;
  }

  /** That more rows have a fault than none. */
  mostUnusable(good: number): RowError {
    const { unusable, rowErrors } = this;
    const [first] = rowErrors;
    return {
      line: first?.line ?? 1,
      column: null,
      problem: `${unusable} of ${unusable + good} rows cannot be used. That is more than half: the others are not taken without them.`,
      fix: first ? `The first: ${placed(first)} ${first.fix}` : 'Mend them in the file.',
    };
  }
}

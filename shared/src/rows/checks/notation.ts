// How a file writes numbers and dates, where they can be written in more than one way: told by its first rows, never guessed.
import { JUDGED_ROWS } from '../columns/column-meaning.ts';
import { type RowFault, shown } from '../row-fault.ts';
import { isRoundedText } from './rounded-text.ts';
import { type DateOrder, isDotted, isEitherOrder, isYearLast, orderShownBy, parseDate } from './time-forms.ts';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const WITH_COMMA = /^[+-]?\d*,\d+$/;
/** The comma may as well part thousands. */
const THREE_BEHIND_COMMA = /^[+-]?[1-9]\d{0,2},\d{3}$/;

/** Beyond these a number of seconds would lie past the year 5000: it counts smaller units. */
const LEAST_MILLISECONDS = 1e11;
const LEAST_MICROSECONDS = 1e14;
const LEAST_NANOSECONDS = 1e17;

export function parseNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return NUMBER.test(text) ? Number(text) : undefined;
}

const withPoint = (text: string) => Number(text.trim().replace(',', '.'));
const isWithComma = (value: unknown): value is string => typeof value === 'string' && WITH_COMMA.test(value.trim());

/** @returns seconds, from seconds, milliseconds, microseconds or nanoseconds */
function secondsFrom(number: number): number {
  if (number >= LEAST_NANOSECONDS) return number / 1e9;
  if (number >= LEAST_MICROSECONDS) return number / 1e6;
  return number >= LEAST_MILLISECONDS ? number / 1e3 : number;
}

/** A number, however it is written: to tell what a column holds, not to take its values. */
export function likelyNumber(value: unknown): number | undefined {
  return isWithComma(value) ? withPoint(value) : parseNumber(value);
}

/** A time, however it is written: to tell what a column holds, not to take its values. */
export function likelyTime(value: unknown): number | undefined {
  const number = likelyNumber(value);
  if (number !== undefined) return secondsFrom(number);
  if (typeof value !== 'string') return undefined;
  return parseDate(value, 'day-first') ?? parseDate(value, 'month-first');
}

export interface NotationState {
  order: DateOrder | null;
  decimalComma: boolean;
  rows: number;
  closed: boolean;
  examples: Examples;
}

/** A date or number as it stood in the file; by what was made of it. */
interface Examples {
  order?: string;
  dots?: string;
  slashes?: string;
  comma?: string;
  rounded?: string;
}

type Cells = readonly unknown[];

export class Notation {
  private order: DateOrder | null;
  private decimalComma: boolean;
  private rows: number;
  private isClosed: boolean;
  private readonly examples: Examples;

  constructor(from?: NotationState) {
    this.order = from?.order ?? null;
    this.decimalComma = from?.decimalComma ?? false;
    this.rows = from?.rows ?? 0;
    this.isClosed = from?.closed ?? false;
    this.examples = { ...from?.examples };
  }

  get state(): NotationState {
    const { order, decimalComma, rows, isClosed: closed, examples } = this;
    return { order, decimalComma, rows, closed, examples };
  }

  /** Whether no further row is looked at. */
  get closed(): boolean {
    return this.isClosed;
  }

  /** @param cells of one row, those that hold numbers or times */
  see(cells: Cells): void {
    if (this.isClosed) return;
    for (const cell of cells) {
      if (typeof cell !== 'string') continue;
      const order = this.order === null ? orderShownBy(cell) : null;
      if (order) {
        this.order = order;
        this.examples.order = cell;
      }
      this.decimalComma ||= isWithComma(cell) && !THREE_BEHIND_COMMA.test(cell.trim());
    }
    this.rows++;
    if (this.rows >= JUDGED_ROWS) this.close();
  }

  /** What has not been shown so far stays unclear. */
  close(): void {
    this.isClosed = true;
  }

  /** @returns whether one of them can be read in two ways, as far as is known */
  isUnclear(cells: Cells): boolean {
    return cells.some((cell) => this.isUnclearNumber(cell) || this.isUnclearDate(cell));
  }

  number(value: unknown): number | undefined {
    if (!isWithComma(value)) return parseNumber(value);
    if (this.isUnclearNumber(value)) return undefined;
    this.examples.comma ??= value;
    return withPoint(value);
  }

  /** @returns Unix time in seconds: from seconds or a thousandth, millionth or billionth of them, or a date (UTC where it names no zone) */
  time(value: unknown): number | undefined {
    const number = this.number(value);
    if (number !== undefined) {
      if (isRoundedText(value)) this.examples.rounded ??= value;
      return secondsFrom(number);
    }
    if (typeof value !== 'string') return undefined;
    const seconds = parseDate(value, this.order);
    if (seconds !== undefined) this.noteDate(value);
    return seconds;
  }

  /** Why a number or a time was not read, where it is one; null where it is none. */
  fault(value: unknown): Pick<RowFault, 'problem' | 'fix'> | null {
    if (typeof value !== 'string') return null;
    const text = value.trim();
    if (this.isUnclearNumber(value)) {
      const [point, none] = [text.replace(',', '.'), text.replace(',', '')];
      return {
        problem: `${shown(text)} may be ${point} or ${none}, and no number in the first ${JUDGED_ROWS} rows shows which.`,
        fix: `Write ${point} with a decimal point, or ${none}.`,
      };
    }
    if (this.isUnclearDate(value)) {
      const [day, month] = [dayOf(text, 'day-first'), dayOf(text, 'month-first')];
      return {
        problem: `${shown(text)} may be ${day} or ${month}, and no date in the first ${JUDGED_ROWS} rows shows which.`,
        fix: `Write dates with the year first, as ${day}, or with dots where the day comes first, as ${day.split('-').reverse().join('.')}.`,
      };
    }
    const dotted = isDotted(value);
    if (!isYearLast(value) || (this.order === null && !dotted)) return null;
    const by = dotted ? 'dates with dots are' : `by ${shown(this.examples.order)} the dates of this file are`;
    const first = this.order === 'month-first' && !dotted ? 'month first' : 'day first';
    return {
      problem: `${shown(text)} is no date: ${by} read ${first}.`,
      fix: 'Write dates with the year first, such as 2024-01-31.',
    };
  }

  /** How those were read that could be read otherwise. */
  get readings(): string[] {
    const { order, dots, slashes, comma, rounded } = this.examples;
    const found: string[] = [];
    if (comma !== undefined) found.push(`${shown(comma)} was read as ${withPoint(comma)}: with a decimal comma.`);
    const read = (text: string, by: string) =>
      `Dates such as ${shown(text)} were read as ${dayOf(text, this.order)}: ${by}.`;
    if (dots !== undefined) found.push(read(dots, 'with dots the day comes first'));
    if (slashes !== undefined) {
      const first = this.order === 'month-first' ? 'the month' : 'the day';
      const by = order === undefined || order === slashes ? '' : `${shown(order)} shows that `;
      found.push(read(slashes, `${by}${first} comes first`));
    }
    if (rounded !== undefined) {
      found.push(
        `Times such as ${shown(rounded)} look rounded by a spreadsheet: those of several ratings may have become one, and their order be lost. Format the column as text before export.`,
      );
    }
    return found;
  }

  /** One that could be read in another order is a better example. */
  private noteDate(text: string): void {
    const { dots, slashes } = this.examples;
    if (slashes !== undefined && isEitherOrder(slashes) && dots !== undefined) return;
    if (!isYearLast(text)) return;
    if (isDotted(text)) this.examples.dots ??= text;
    else if (slashes === undefined || (isEitherOrder(text) && !isEitherOrder(slashes))) this.examples.slashes = text;
  }

  private isUnclearNumber(value: unknown): boolean {
    return !this.decimalComma && isWithComma(value) && THREE_BEHIND_COMMA.test(value.trim());
  }

  private isUnclearDate(value: unknown): boolean {
    return this.order === null && typeof value === 'string' && isEitherOrder(value);
  }
}

function dayOf(text: string, order: DateOrder | null): string {
  return new Date((parseDate(text, order) ?? 0) * 1000).toISOString().slice(0, 10);
}

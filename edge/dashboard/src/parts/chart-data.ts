// What a chart shows, as numbers.

export type ChartCell = string | number | null;

export interface ChartData<C extends string = string> {
  /** The column's name, for people. */
  columns: Record<C, string>;
  rows: readonly Record<C, ChartCell>[];
  /** How numbers are written in the table; the file has them whole. */
  format?: Partial<Record<C, (value: number) => string>>;
}

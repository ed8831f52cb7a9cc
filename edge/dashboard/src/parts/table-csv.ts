// The data of a chart as a CSV file (RFC 4180).
import { stringify } from 'csv-stringify/browser/esm/sync';
import type { ChartData } from './chart-data.ts';

export function tableCsv<C extends string>({ columns, rows }: ChartData<C>): Blob {
  const keys = Object.keys(columns) as C[];
  const text = stringify(
    rows.map((row) => keys.map((key) => row[key])),
    { header: true, columns: keys.map((key) => columns[key]), escape_formulas: true },
  );
  return new Blob([text], { type: 'text/csv' });
}

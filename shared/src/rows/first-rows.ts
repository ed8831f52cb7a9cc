// The beginning of a file as it will be read, for whoever is about to upload it.
import type { RowError } from '../wire/datasets.ts';
import { type ColumnMap, isTableKind, LAYOUTS, mapColumns } from './columns.ts';
import { type CheckedRow, type FileForm, RowPass } from './row-pass.ts';

export interface FirstRows {
  /** What the file calls its columns: its header, or the keys of its first rows. */
  names: string[];
  /** Which of them holds what, which lack, and which mean nothing; null for kinds that are no tables. */
  columns: ColumnMap | null;
  rows: CheckedRow[];
  /** All that are wrong in these bytes; `rowErrors` are the first of them. */
  errorCount: number;
  rowErrors: RowError[];
  warnings: string[];
}

/**
 * @param bytes the file, or its beginning, of which a row that is cut off is left alone
 * @param whole whether it is all of the file
 * @param limit how many good rows to show; all rows within the bytes are checked
 */
export function readFirstRows(
  form: FileForm,
  bytes: Uint8Array,
  { whole, limit }: { whole: boolean; limit: number },
): FirstRows {
  const pass = new RowPass(form);
  const rows = pass.push(bytes);
  if (whole) rows.push(...pass.end());
  const { names, errorCount, rowErrors } = pass;
  return {
    names,
    columns: isTableKind(form.kind) ? mapColumns(names, LAYOUTS[form.kind], form.columns) : null,
    rows: rows.slice(0, limit),
    errorCount,
    rowErrors,
    warnings: pass.warnings(whole),
  };
}

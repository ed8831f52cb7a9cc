// The first part of a chosen file, read here by the reader that will check the whole of it: what it seems to be, and what is made of it.
import { type Interaction, samplingSchema } from '@tallrec/shared/interactions';
import { LIMITS } from '@tallrec/shared/limits';
import type { Normalised } from '@tallrec/shared/rows/checks/row-check';
import {
  COLUMNS,
  type Column,
  doubtfulColumn,
  isTableKind,
  LAYOUTS,
  mapColumns,
  type NamedColumns,
} from '@tallrec/shared/rows/columns/columns';
import { isParquet } from '@tallrec/shared/rows/files/binary-files';
import { FileReader } from '@tallrec/shared/rows/files/file-reader';
import { openParquet, ParquetFault, parquetLines } from '@tallrec/shared/rows/files/parquet';
import { RowPass } from '@tallrec/shared/rows/row-pass';
import { type GoodRow, isBad } from '@tallrec/shared/rows/row-reader';
import type { BadRows, DatasetFormat, DatasetKind, RowError } from '@tallrec/shared/wire/datasets';

export interface Beginning {
  /** Of a Parquet file, its first rows as JSON Lines. */
  bytes: Uint8Array;
  /** Whether these are all. */
  whole: boolean;
  /** What the file is where its bytes do not say so. */
  format?: 'parquet';
  /** Why nothing can be read of it. */
  fault?: RowError;
}

/** As much as is read and checked without anyone having to wait. */
const BEGINNING_BYTES = 512 * 1024;
/** Of the file, as they stand in it: the first are shown, and columns are guessed by all of them. */
const LOOKED_AT_ROWS = 200;

/** @throws DOMException where the file can no longer be read */
export async function beginningOf(file: Blob): Promise<Beginning> {
  if (isParquet(new Uint8Array(await file.slice(0, 4).arrayBuffer()))) return await parquetBeginning(file);
  const beginning = await firstBytes(file, BEGINNING_BYTES);
  const holdsRow = beginning.whole || lookAt(beginning).rows.length > 0;
  return holdsRow ? beginning : await firstBytes(file, LIMITS.rowBytes + BEGINNING_BYTES);
}

async function firstBytes(file: Blob, count: number): Promise<Beginning> {
  const bytes = new Uint8Array(await file.slice(0, count).arrayBuffer());
  return { bytes, whole: file.size <= count };
}

/** Of a row group, which is read whole. */
const GROUP_BYTES = 64 * 1024 * 1024;

async function parquetBeginning(file: Blob): Promise<Beginning> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    const slice = (start: number, end = file.size) => file.slice(start, end).arrayBuffer();
    const parquet = await openParquet({ byteLength: file.size, slice });
    for (const group of parquet.groups) {
      for await (const piece of parquetLines(parquet, group, GROUP_BYTES)) {
        if (length >= BEGINNING_BYTES) return { bytes: await joined(pieces), whole: false, format: 'parquet' };
        pieces.push(Uint8Array.from(piece));
        length += piece.length;
      }
    }
    return { bytes: await joined(pieces), whole: true, format: 'parquet' };
  } catch (error) {
    if (error instanceof ParquetFault)
      return { bytes: new Uint8Array(), whole: true, format: 'parquet', fault: error.row };
    throw error;
  }
}

async function joined(pieces: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array> {
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** The file as it stands, whatever its columns mean. */
export interface Look {
  format: DatasetFormat;
  kind: DatasetKind;
  /** Names of the columns, or of the keys. */
  header: readonly string[];
  /** Of a table without a header: which column holds what, as far as their order tells. */
  byOrder: NamedColumns | null;
  rows: readonly { line: number; cells: readonly string[] }[];
  /** Why nothing can be read of it. */
  fault: RowError | null;
}

/** Whatever the columns are, they are shown. */
const ANY_COLUMNS = { columns: COLUMNS, optional: COLUMNS };

export function lookAt(beginning: Beginning): Look {
  const reader = new FileReader({ layout: ANY_COLUMNS, named: null, format: null });
  const found = reader.push(beginning.bytes);
  if (beginning.whole) found.push(...reader.end());
  const good = found.filter((row): row is GoodRow => !isBad(row)).slice(0, LOOKED_AT_ROWS);
  const format = beginning.format ?? reader.form ?? 'csv';
  const head = reader.csv?.head;
  const { header, rows } =
    reader.form === 'csv' ? { header: head?.header ?? [], rows: tableRows(good) } : jsonRows(good);
  const fault = beginning.fault ?? (good.length === 0 && reader.broken ? found.find(isBad) : undefined) ?? null;
  const byOrder = head?.dialect.byOrder ?? null;
  return { format, kind: kindOf(header, beginning, format), header, byOrder, rows, fault };
}

function tableRows(rows: readonly GoodRow[]): Look['rows'] {
  return rows.map(({ line, fields = [] }) => ({ line, cells: fields }));
}

function jsonRows(found: readonly GoodRow[]): Pick<Look, 'header' | 'rows'> {
  const rows = found.flatMap(({ line, value }) => (isObject(value) ? [{ line, value }] : []));
  const header = [...new Set(rows.flatMap(({ value }) => Object.keys(value)))];
  return {
    header,
    rows: rows.map(({ line, value }) => ({ line, cells: header.map((name) => cellText(value[name])) })),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function kindOf(header: readonly string[], beginning: Beginning, format: DatasetFormat): DatasetKind {
  if (header.includes('instruction')) {
    // Nothing but a sample reads as one.
    return readBeginning(beginning, { kind: 'samples', format }).rows.length > 0 ? 'samples' : 'instructions';
  }
  if (format !== 'csv' && (header.includes('history') || header.includes('target'))) return 'samples';
  const { names } = mapColumns(header, LAYOUTS.interactions);
  const rated = names.user !== undefined || names.rating !== undefined;
  if (!rated && mapColumns(header, LAYOUTS['item-facts']).missing.length === 0) return 'item-facts';
  return names.title !== undefined && !rated ? 'items' : 'interactions';
}

export interface Meaning {
  kind: DatasetKind;
  format: DatasetFormat;
  /** Columns that people have named by hand. */
  named?: NamedColumns;
}

export interface Reading {
  rows: readonly Normalised[];
  /** The first of them. */
  errors: readonly RowError[];
  errorCount: number;
  /** Rows that cannot be used. */
  unusable: number;
  /** What will become of the file, by what becomes of these rows. */
  outlook: Record<BadRows, Outlook>;
  /** What is odd in how the file is written, and in what its columns hold. */
  oddities: readonly string[];
}

/** `unsure`: refused if the rest of the file is as this part of it. */
export type Outlook = 'taken' | 'refused' | 'unsure';

/** It changes nothing in what is read. */
const ANY_SAMPLING = samplingSchema.parse({});

/** What is made of it so; a row that the beginning cuts in two does not count. */
export function readBeginning({ bytes, whole }: Beginning, { kind, format, named = {} }: Meaning): Reading {
  const pass = new RowPass({ kind, format, columns: named, sampling: ANY_SAMPLING });
  const begun = pass.push(bytes);
  // What is found by then, the rest of the file cannot mend.
  const sure: Record<BadRows, boolean> = { refuse: pass.errorCount > 0, 'leave-out': pass.isFileRefused };
  const rows = [...begun, ...(whole ? pass.end() : pass.soFar())];
  const outlookOf = (badRows: BadRows): Outlook => {
    if (!pass.isRefused(badRows)) return 'taken';
    return whole || sure[badRows] ? 'refused' : 'unsure';
  };
  const { rowErrors: errors, errorCount, unusable } = pass;
  return {
    rows: rows.map(({ checked }) => checked),
    errors,
    errorCount,
    unusable,
    outlook: { refuse: outlookOf('refuse'), 'leave-out': outlookOf('leave-out') },
    oddities: pass.formWarnings(),
  };
}

/** Which column of the file holds what, and which have to be told. */
export function columnsOf(header: readonly string[], kind: DatasetKind, named: NamedColumns) {
  if (!isTableKind(kind)) return null;
  const layout = LAYOUTS[kind];
  const { names, missing, doubtful } = mapColumns(header, layout, named);
  const doubts = doubtful.filter(({ column }) => missing.includes(column)).map(doubtfulColumn);
  return { columns: layout.columns, optional: layout.optional as readonly Column[], names, missing, doubts };
}

export function interactionsOf({ rows }: Reading): Interaction[] {
  return rows.flatMap((row) => (row.kind === 'interactions' ? [row.row] : []));
}

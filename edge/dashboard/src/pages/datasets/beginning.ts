// The first part of a chosen file, read here by the readers that will check the whole of it: what it seems to be, and what is made of it.
import { type Interaction, samplingSchema } from '@tallrec/shared/interactions';
import { LIMITS } from '@tallrec/shared/limits';
import { type Column, isTableKind, LAYOUTS, mapColumns, type NamedColumns } from '@tallrec/shared/rows/columns';
import { CsvReader } from '@tallrec/shared/rows/csv-reader';
import { JsonArrayReader, JsonlReader } from '@tallrec/shared/rows/json-readers';
import type { Normalised } from '@tallrec/shared/rows/row-check';
import { RowPass } from '@tallrec/shared/rows/row-pass';
import { isBad, type RawRow, type RowReader } from '@tallrec/shared/rows/row-reader';
import type { DatasetFormat, DatasetKind, RowError } from '@tallrec/shared/wire/datasets';

export interface Beginning {
  bytes: Uint8Array;
  /** Whether these are all. */
  whole: boolean;
}

/** As much as is read and checked without anyone having to wait. */
const BEGINNING_BYTES = 512 * 1024;
/** Of the file, as they stand in it: the first are shown, and columns are guessed by all of them. */
const LOOKED_AT_ROWS = 200;

/** @throws DOMException where the file can no longer be read */
export async function beginningOf(file: Blob): Promise<Beginning> {
  const beginning = await firstBytes(file, BEGINNING_BYTES);
  const holdsRow = beginning.whole || lookAt(beginning).rows.length > 0;
  return holdsRow ? beginning : await firstBytes(file, LIMITS.rowBytes + BEGINNING_BYTES);
}

async function firstBytes(file: Blob, count: number): Promise<Beginning> {
  const bytes = new Uint8Array(await file.slice(0, count).arrayBuffer());
  return { bytes, whole: file.size <= count };
}

const PACKED = {
  workbook: [0x50, 0x4b, 0x03, 0x04],
  gzip: [0x1f, 0x8b],
  parquet: [0x50, 0x41, 0x52, 0x31],
} as const;
export type Packed = keyof typeof PACKED;

/** What people have instead of text, by its first bytes. */
export function packedAs({ bytes }: Beginning): Packed | null {
  const found = Object.entries(PACKED).find(([, magic]) => magic.every((byte, at) => bytes[at] === byte));
  return found ? (found[0] as Packed) : null;
}

/** The file as it stands, whatever its columns mean. */
export interface Look {
  format: DatasetFormat;
  kind: DatasetKind;
  /** Names of the columns, or of the keys. */
  header: readonly string[];
  rows: readonly { line: number; cells: readonly string[] }[];
}

export function lookAt(beginning: Beginning): Look {
  const format = formatOf(beginning.bytes);
  const { header, rows } = format === 'csv' ? csvLook(beginning) : jsonLook(beginning, format);
  return { format, kind: kindOf(header, beginning, format), header, rows: rows.slice(0, LOOKED_AT_ROWS) };
}

const [OPEN_ARRAY, OPEN_OBJECT] = [0x5b, 0x7b];
/** Spaces, line ends, and the three bytes of a byte order mark. */
const PASSED_OVER = [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf];

function formatOf(bytes: Uint8Array): DatasetFormat {
  const first = bytes.find((byte) => !PASSED_OVER.includes(byte));
  if (first === OPEN_ARRAY) return 'json';
  return first === OPEN_OBJECT ? 'jsonl' : 'csv';
}

const NO_COLUMNS = { columns: [], optional: [] };

function csvLook(beginning: Beginning): Pick<Look, 'header' | 'rows'> {
  const reader = new CsvReader({ layout: NO_COLUMNS, withFields: true });
  const rows = readAll(reader, beginning);
  return {
    header: reader.head?.header ?? [],
    rows: rows.flatMap((row) => (isBad(row) || !row.fields ? [] : [{ line: row.line, cells: row.fields }])),
  };
}

function jsonLook(beginning: Beginning, format: DatasetFormat): Pick<Look, 'header' | 'rows'> {
  const rows = readAll(format === 'json' ? new JsonArrayReader() : new JsonlReader(), beginning)
    .slice(0, LOOKED_AT_ROWS)
    .flatMap((row) => (!isBad(row) && isObject(row.value) ? [{ line: row.line, value: row.value }] : []));
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
  if (format !== 'csv') {
    if (header.includes('instruction')) {
      // Nothing but a sample reads as one.
      return readBeginning(beginning, { kind: 'samples', format }).rows.length > 0 ? 'samples' : 'instructions';
    }
    if (header.includes('history') || header.includes('target')) return 'samples';
  }
  const { names } = mapColumns(header, LAYOUTS.interactions);
  const rated = names.user !== undefined || names.rating !== undefined;
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
}

/** It changes nothing in what is read. */
const ANY_SAMPLING = samplingSchema.parse({});

/** What is made of it so; a row that the beginning cuts in two does not count. */
export function readBeginning({ bytes, whole }: Beginning, { kind, format, named = {} }: Meaning): Reading {
  const pass = new RowPass({ kind, format, columns: named, sampling: ANY_SAMPLING });
  const rows = pass.push(bytes);
  if (whole) rows.push(...pass.end());
  return { rows: rows.map(({ checked }) => checked), errors: pass.rowErrors, errorCount: pass.errorCount };
}

function readAll(reader: RowReader, { bytes, whole }: Beginning): RawRow[] {
  const rows = reader.push(bytes);
  return whole ? [...rows, ...reader.end()] : rows;
}

/** Which column of the file holds what, and which have to be told. */
export function columnsOf(header: readonly string[], kind: DatasetKind, named: NamedColumns) {
  if (!isTableKind(kind)) return null;
  const layout = LAYOUTS[kind];
  const { names, missing } = mapColumns(header, layout, named);
  return { columns: layout.columns, optional: layout.optional as readonly Column[], names, missing };
}

export function interactionsOf({ rows }: Reading): Interaction[] {
  return rows.flatMap((row) => (row.kind === 'interactions' ? [row.row] : []));
}

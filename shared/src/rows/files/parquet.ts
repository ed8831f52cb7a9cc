// Parquet files as JSON Lines, one row group at a time: what reads text reads them too, and the number of a row is its line.
import { gunzipSync } from 'fflate';
import { decompress as decompressZstd } from 'fzstd';
import { type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { binaryValue } from '../binary-value.ts';
import { shown } from '../row-fault.ts';
import type { BadRow } from '../row-reader.ts';

/** A file of which any part can be read. */
export interface RandomAccess {
  byteLength: number;
  /** @param end past the last byte; without it, all to the end */
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** What cannot be read in it, in words for whoever wrote the file. */
export class ParquetFault extends Error {
  readonly row: BadRow;

  constructor(line: number, problem: string, fix: string) {
    super(problem);
    this.row = { line, column: null, problem, fix };
  }
}

export interface ParquetGroup {
  /** Rows before this group. */
  firstRow: number;
  rows: number;
  /** Of its columns, uncompressed. */
  bytes: number;
  /** The column that takes most of them. */
  largest: string;
}

export interface ParquetFile {
  file: Watched;
  metadata: FileMetaData;
  groups: ParquetGroup[];
}

/** A file whose storage may fail, which is no fault of what it holds. */
interface Watched extends RandomAccess {
  failed?: { error: unknown };
}

/** So many rows are held as objects. */
const RANGE_ROWS = 50_000;
const PIECE_CHARACTERS = 256 * 1024;

const compressors = {
  GZIP: (input: Uint8Array) => gunzipSync(input),
  ZSTD: (input: Uint8Array) => decompressZstd(input),
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
function textOr<Other>(bytes: Uint8Array, other: Other): string | Other {
  try {
    return utf8.decode(bytes);
  } catch {
    return other;
  }
}
// Whether bytes had to be a text is told where their column is known.
const parsers = { stringFromBytes: (bytes: Uint8Array | undefined) => bytes && (textOr(bytes, bytes) as string) };

function watched(file: RandomAccess): Watched {
  const reading: Watched = {
    byteLength: file.byteLength,
    slice: async (start, end) => {
      try {
        return await file.slice(start, end);
      } catch (error) {
        reading.failed = { error };
        throw error;
      }
    },
  };
  return reading;
}

function faultOf(error: unknown, line: number): ParquetFault {
  if (error instanceof ParquetFault) return error;
  const said =
    error instanceof Error
      ? error.message
          .replace(/^parquet /, '')
          .replace(/\s+/g, ' ')
          .slice(0, 200)
      : '';
  const codec = /unsupported compression codec: (\w+)/.exec(said)?.[1];
  if (codec) {
    return new ParquetFault(
      line,
      `This Parquet file is compressed by ${codec}, which is not read.`,
      'Write it with compression snappy, gzip or zstd, or none.',
    );
  }
  return new ParquetFault(
    line,
    `This Parquet file cannot be read: ${said}.`,
    'Check that it is whole, and write it again.',
  );
}

function largestOf(columns: FileMetaData['row_groups'][number]['columns']): string {
  const parts = columns.flatMap(({ meta_data: part }) => part ?? []);
  const sorted = parts.sort((a, b) => Number(b.total_uncompressed_size - a.total_uncompressed_size));
  return sorted[0]?.path_in_schema[0] ?? '';
}

/** @throws ParquetFault, and what reading the file throws */
export async function openParquet(file: RandomAccess): Promise<ParquetFile> {
  const reading = watched(file);
  try {
    const metadata = await parquetMetadataAsync(reading, { parsers });
    let firstRow = 0;
    const groups = metadata.row_groups.map(({ num_rows, total_byte_size, columns }) => {
      const largest = largestOf(columns);
      const group = { firstRow, rows: Number(num_rows), bytes: Number(total_byte_size), largest };
      firstRow += group.rows;
      return group;
    });
    return { file: reading, metadata, groups };
  } catch (error) {
    throw reading.failed ? reading.failed.error : faultOf(error, 1);
  }
}

/**
 * The rows of one group as JSON Lines, in pieces.
 * @param mostBytes a group of more is refused: it would be held whole
 * @throws ParquetFault
 */
export async function* parquetLines(
  { file, metadata }: ParquetFile,
  { firstRow, rows, bytes, largest }: ParquetGroup,
  mostBytes: number,
): AsyncGenerator<Uint8Array> {
  if (bytes > mostBytes) {
    throw new ParquetFault(
      firstRow + 1,
      `A row group of this Parquet file takes ${bytes} bytes, more than the ${mostBytes} that are held at once.`,
      `Write it with smaller row groups, such as row_group_size=50000 in pyarrow, or without columns that are not needed: most bytes are in ${shown(largest)}.`,
    );
  }
  for (let start = firstRow; start < firstRow + rows; start += RANGE_ROWS) {
    const range = { rowStart: start, rowEnd: Math.min(start + RANGE_ROWS, firstRow + rows) };
    let found: Record<string, unknown>[];
    try {
      found = await parquetReadObjects({ file, metadata, ...range, utf8: false, compressors, parsers });
    } catch (error) {
      throw file.failed ? file.failed.error : faultOf(error, start + 1);
    }
    yield* linesOf(found);
  }
}

function* linesOf(rows: readonly Record<string, unknown>[]): Generator<Uint8Array> {
  let text = '';
  for (const row of rows) {
    text += `${JSON.stringify(row, (_, value) => plain(value))}\n`;
    if (text.length < PIECE_CHARACTERS) continue;
    yield new TextEncoder().encode(text);
    text = '';
  }
  if (text !== '') yield new TextEncoder().encode(text);
}

/** Values as JSON has them; dates and times are written by JSON.stringify itself. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value instanceof Uint8Array ? textOr(value, binaryValue(value.length)) : value;
}

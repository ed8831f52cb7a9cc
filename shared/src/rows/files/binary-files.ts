// What people have instead of text, by its first bytes.

/** So many tell. */
export const HEAD_BYTES = 4;

const BINARIES: readonly (readonly [name: string, fix: string, magic: readonly number[]])[] = [
  [
    'an Excel workbook or another zip archive',
    'Save the sheet as CSV (UTF-8), or unpack the archive.',
    [0x50, 0x4b, 3, 4],
  ],
  ['an empty zip archive', 'Pack it again, and give what is in it.', [0x50, 0x4b, 5, 6]],
  ['an old Excel workbook (.xls)', 'Save the sheet as CSV (UTF-8).', [0xd0, 0xcf, 0x11, 0xe0]],
  ['compressed by gzip', 'Unpack it first, with gunzip.', [0x1f, 0x8b]],
  ['compressed by bzip2', 'Unpack it first, with bunzip2.', [0x42, 0x5a, 0x68]],
  ['compressed by xz', 'Unpack it first, with unxz.', [0xfd, 0x37, 0x7a, 0x58]],
  ['compressed by Zstandard', 'Unpack it first, with unzstd.', [0x28, 0xb5, 0x2f, 0xfd]],
  ['a 7-Zip archive', 'Unpack it first, with 7z x.', [0x37, 0x7a, 0xbc, 0xaf]],
  ['a RAR archive', 'Unpack it first.', [0x52, 0x61, 0x72, 0x21]],
  ['a PDF', 'Give the table itself, as CSV.', [0x25, 0x50, 0x44, 0x46]],
  ['a SQLite database', 'Export the table: sqlite3 -header -csv in.db "select …" > out.csv.', [0x53, 0x51, 0x4c, 0x69]],
  ['an Arrow or Feather file', 'Write it as Parquet or CSV, for example with pandas.', [0x41, 0x52, 0x52, 0x4f]],
  ['an Arrow or Feather file', 'Write it as Parquet or CSV, for example with pandas.', [0x46, 0x45, 0x41, 0x31]],
  ['an HDF5 file', 'Write it as Parquet or CSV, for example with pandas.', [0x89, 0x48, 0x44, 0x46]],
  ['a NumPy array', 'Write it as CSV with its columns named.', [0x93, 0x4e, 0x55, 0x4d]],
  ['an Avro file', 'Write it as Parquet or JSON Lines.', [0x4f, 0x62, 0x6a, 0x01]],
  ['a Python pickle', 'Write it as Parquet, CSV or JSON Lines, for example with pandas.', [0x80, 0x02]],
  ['a Python pickle', 'Write it as Parquet, CSV or JSON Lines, for example with pandas.', [0x80, 0x03]],
  ['a Python pickle', 'Write it as Parquet, CSV or JSON Lines, for example with pandas.', [0x80, 0x04]],
  ['a Python pickle', 'Write it as Parquet, CSV or JSON Lines, for example with pandas.', [0x80, 0x05]],
  ['a PNG picture', 'Give a table or JSON.', [0x89, 0x50, 0x4e, 0x47]],
];

const PARQUET = [0x50, 0x41, 0x52, 0x31];

export const begins = (bytes: Uint8Array, magic: readonly number[]) => magic.every((byte, at) => bytes[at] === byte);

/** Parquet files are no stream: see `parquet.ts`. */
export function isParquet(head: Uint8Array): boolean {
  return begins(head, PARQUET);
}

/** @returns what the file is and what makes text of it; undefined where it may be text */
export function binaryFile(head: Uint8Array): { name: string; fix: string } | undefined {
  const found = BINARIES.find(([, , magic]) => begins(head, magic));
  return found && { name: found[0], fix: found[1] };
}

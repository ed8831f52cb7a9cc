// Files of rows as the commands and jobs take them: streamed through the reader that the edge has too.
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { TallrecError } from '@tallrec/shared/errors';
import type { Normalised } from '@tallrec/shared/rows/checks/row-check';
import { isParquet } from '@tallrec/shared/rows/files/binary-files';
import { openParquet, ParquetFault, parquetLines } from '@tallrec/shared/rows/files/parquet';
import { type CheckedRow, type FileForm, RowPass } from '@tallrec/shared/rows/row-pass';
import type { RowError } from '@tallrec/shared/wire/datasets';

export type OnWarning = (warning: string) => void;

/** Held whole while it is read. */
const MOST_GROUP_BYTES = 1024 * 1024 * 1024;
const PARQUET_HEAD_BYTES = 4;

type RowOf<Kind extends Normalised['kind']> = Extract<Normalised, { kind: Kind }>['row'];

export interface PlacedRow<Row> {
  row: Row;
  line: number;
}

/**
 * All rows of a file, whatever its format, encoding and dialect.
 * @param onWarning what is odd in it, one sentence or two each
 * @throws TallrecError VALIDATION_FAILED naming the file, the line and what is wrong; NOT_FOUND
 */
export async function readFile<Kind extends FileForm['kind']>(
  path: string,
  form: FileForm & { kind: Kind },
  onWarning: OnWarning = () => undefined,
): Promise<PlacedRow<RowOf<Kind>>[]> {
  const rows: PlacedRow<RowOf<Kind>>[] = [];
  await passFile(path, form, onWarning, ({ line, checked }) => {
    rows.push({ line, row: checked.row as RowOf<Kind> });
  });
  return rows;
}

/** See `readFile`. @returns the pass at its end, for what it has counted */
export async function passFile(
  path: string,
  form: FileForm,
  onWarning: OnWarning,
  onRow: (row: CheckedRow) => void = () => undefined,
): Promise<RowPass> {
  const pass = new RowPass(form);
  try {
    for await (const chunk of textOf(path)) {
      pass.push(chunk).forEach(onRow);
      if (pass.broken) break;
    }
  } catch (cause) {
    if (cause instanceof ParquetFault) throw refused(path, cause.row, 1);
    throw unreadable(path, cause);
  }
  pass.end().forEach(onRow);
  const [error] = pass.rowErrors;
  if (error && pass.isRefused()) {
    // Who says nothing about such rows has no such option.
    const canLeaveOut = form.badRows === 'refuse' && !pass.isRefused('leave-out');
    const fix = canLeaveOut ? `${error.fix} Or leave such rows out: --leave-out-bad-rows.` : error.fix;
    throw refused(path, { ...error, fix }, pass.errorCount);
  }
  for (const warning of pass.warnings()) onWarning(`${path}: ${warning}`);
  return pass;
}

/** The bytes of a text; of Parquet, its rows as JSON Lines. */
export async function* textOf(path: string): AsyncGenerator<Uint8Array> {
  if (await startsAsParquet(path)) yield* parquetText(path);
  else yield* createReadStream(path);
}

async function startsAsParquet(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PARQUET_HEAD_BYTES), 0, PARQUET_HEAD_BYTES, 0);
    return bytesRead === PARQUET_HEAD_BYTES && isParquet(buffer);
  } finally {
    await file.close();
  }
}

async function* parquetText(path: string): AsyncGenerator<Uint8Array> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const parquet = await openParquet({ byteLength: size, slice: (start, end = size) => partOf(handle, start, end) });
    for (const group of parquet.groups) yield* parquetLines(parquet, group, MOST_GROUP_BYTES);
  } finally {
    await handle.close();
  }
}

async function partOf(handle: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(end - start);
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await handle.read(bytes, read, bytes.length - read, start + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.buffer;
}

export function refused(path: string, { line, column, problem, fix }: RowError, errorCount: number): TallrecError {
  const more = errorCount > 1 ? ` (There are ${errorCount} such faults in all.)` : '';
  const [from, to] = [path, path.replace(/(\.[^./]+)?$/, '.utf8$1')].map(quoted);
  return new TallrecError(
    'VALIDATION_FAILED',
    `${path}, line ${line}: ${column ? `${column}: ` : ''}${problem}${more}`,
    {
      fix: fix.replace('in > out', `${from} > ${to}`),
    },
  );
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

export function unreadable(path: string, cause: unknown): TallrecError {
  if (cause instanceof TallrecError) return cause;
  return new TallrecError('NOT_FOUND', `${path} cannot be read.`, {
    fix: 'Check the path and its permissions.',
    cause,
  });
}

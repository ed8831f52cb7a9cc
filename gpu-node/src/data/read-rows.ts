// Samples and instructions from files: the published rows, Alpaca's, or our own samples, in any format that the reader takes.
import { readFile as readWhole } from 'node:fs/promises';
import { TallrecError } from '@tallrec/shared/errors';
import { samplingSchema } from '@tallrec/shared/interactions';
import { TextBorder } from '@tallrec/shared/rows/files/encoding';
import { FileReader } from '@tallrec/shared/rows/files/file-reader';
import { isBad } from '@tallrec/shared/rows/row-reader';
import type { InstructionRow, LabelledSample, Sample } from '@tallrec/shared/sample';
import type { BadRows } from '@tallrec/shared/wire/datasets';
import { type OnWarning, readFile, refused, textOf, unreadable } from './read-file.ts';

const ANY = { format: null, columns: null, sampling: samplingSchema.parse({}) };

export interface RowsOptions {
  onWarning?: OnWarning | undefined;
  badRows?: BadRows | undefined;
}

/** @throws TallrecError naming the file, the line and what was wrong */
export async function readSamples(path: string, { onWarning, badRows }: RowsOptions = {}): Promise<Sample[]> {
  return (await readFile(path, { ...ANY, kind: 'samples', badRows }, onWarning)).map(({ row }) => row);
}

/** Samples that all say whether the target was liked. */
export async function readLabelledSamples(
  path: string,
  { onWarning, badRows }: RowsOptions = {},
): Promise<LabelledSample[]> {
  const rows = await readFile(path, { ...ANY, kind: 'samples', badRows }, onWarning);
  return rows.map(({ row: { liked, ...sample }, line }) => {
    if (liked !== undefined) return { ...sample, liked };
    throw new TallrecError(
      'VALIDATION_FAILED',
      `${path}, line ${line}: it does not say whether the target was liked.`,
      {
        fix: 'Add "liked": true or false, or in published rows the output "Yes." or "No."; without, it can only be scored.',
      },
    );
  });
}

export async function readInstructions(
  path: string,
  { onWarning, badRows }: RowsOptions = {},
): Promise<InstructionRow[]> {
  return (await readFile(path, { ...ANY, kind: 'instructions', badRows }, onWarning)).map(({ row }) => row);
}

/** How many rows a file has, whatever they hold. */
export async function countRows(path: string): Promise<number> {
  const reader = new FileReader({ layout: null, named: null, format: null });
  let rows = 0;
  const count = (found: ReturnType<FileReader['push']>) => {
    for (const row of found) {
      if (isBad(row)) throw refused(path, row, 1);
      rows++;
    }
  };
  try {
    for await (const chunk of textOf(path)) count(reader.push(chunk));
  } catch (cause) {
    throw unreadable(path, cause);
  }
  count(reader.end());
  return rows;
}

/**
 * A small text that is no file of rows.
 * @throws TallrecError when it cannot be read or is no UTF-8 or UTF-16 text
 */
export async function readText(path: string): Promise<string> {
  const border = new TextBorder();
  let bytes: Buffer;
  try {
    bytes = await readWhole(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const text = Buffer.concat([border.push(bytes), border.end()]).toString();
  if (border.fault) throw refused(path, border.fault, 1);
  return text.replace(/^\uFEFF/, '');
}

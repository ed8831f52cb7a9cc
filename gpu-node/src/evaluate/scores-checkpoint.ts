// What an evaluation has scored so far, on disk: the numbers of its first rows, in a checkpoint that another machine can go on from.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileSynced } from '../atomic-file.ts';
import {
  changedSince,
  type LocalCheckpoint,
  newestCheckpoint,
  type RunIdentity,
  readState,
  writeCheckpointFolder,
  writeState,
} from '../train/checkpoint-folder.ts';

/** Little-endian float64, row after row. */
const VALUES_FILE = 'scores.bin';

const stateSchema = z.object({
  version: z.literal(1),
  kind: z.literal('evaluation'),
  identity: z.record(z.string(), z.string()),
  /** Rows done. */
  step: z.int().nonnegative(),
  columns: z.int().positive(),
  tokens: z.int().nonnegative(),
  durationMs: z.number().nonnegative(),
});

export interface ScoredRows {
  /** From the first one on. */
  rows: number;
  columns: number;
  /** [rows, columns], row after row; there may be room behind them. */
  values: Float64Array;
  tokens: number;
  durationMs: number;
}

export interface ScoresCheckpoint {
  dir: string;
  /** Whatever the numbers follow from. */
  identity: RunIdentity;
  /** Called when one lies whole on the disk. */
  onCheckpoint?: ((checkpoint: LocalCheckpoint) => void) | undefined;
  /** From one to the next at least. */
  everyMs?: number | undefined;
}

/** @throws TallrecError when the file system refuses */
export async function writeScores(
  { dir, identity, onCheckpoint }: ScoresCheckpoint,
  scored: ScoredRows,
): Promise<void> {
  const { rows, columns, values, tokens, durationMs } = scored;
  const written = await writeCheckpointFolder(
    dir,
    async (folder) => {
      await writeFileSynced(join(folder, VALUES_FILE), [toBytes(values.subarray(0, rows * columns))]);
      const state: z.input<typeof stateSchema> = {
        ...{ version: 1, kind: 'evaluation', identity },
        ...{ step: rows, columns, tokens, durationMs },
      };
      await writeState(folder, state);
    },
    `The checkpoint of ${rows} scored rows`,
  );
  onCheckpoint?.({ step: rows, dir: written });
}

/** @returns undefined where there are none, or they are another evaluation's or damaged: it then begins anew */
export async function readScores({ dir, identity }: ScoresCheckpoint): Promise<ScoredRows | undefined> {
  const path = await newestCheckpoint(dir);
  if (!path) return undefined;
  const read = await readState(path);
  const state = 'fault' in read ? undefined : stateSchema.safeParse(read.json).data;
  if (!state || changedSince(state.identity, identity).length > 0) return undefined;
  const { step: rows, columns, tokens, durationMs } = state;
  const bytes = await readFile(join(path, VALUES_FILE)).catch(() => undefined);
  if (bytes?.length !== 8 * rows * columns) return undefined;
  return { rows, columns, values: fromBytes(bytes), tokens, durationMs };
}

function toBytes(values: Float64Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, index) => {
    bytes.setFloat64(8 * index, value, true);
  });
  return new Uint8Array(bytes.buffer);
}

function fromBytes(buffer: Buffer): Float64Array {
  const bytes = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  return Float64Array.from({ length: buffer.byteLength / 8 }, (_, index) => bytes.getFloat64(8 * index, true));
}

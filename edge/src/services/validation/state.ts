// What a slice of a validation leaves for the next one: facts as JSON, then tables and the unfinished part as bytes, in one object.
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { RowsWriterState } from '../../storage/r2.ts';
import type { CsvHead } from './csv-reader.ts';
import type { ReaderPosition } from './raw-row.ts';
import type { TallyState } from './tally.ts';

export interface ValidationState {
  position: ReaderPosition;
  csv: CsvHead | null;
  errorCount: number;
  rowErrors: Dataset['rowErrors'];
  tally: TallyState;
  writer: RowsWriterState;
}

const TABLES = ['users', 'items', 'rows'] as const;
const ALIGN_BYTES = 8;

const padding = (bytes: number) => -bytes & (ALIGN_BYTES - 1);
const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function blocksOf(state: ValidationState): Uint8Array[] {
  const tables = TABLES.flatMap((name) => [bytesOf(state.tally[name].hashes), bytesOf(state.tally[name].counts)]);
  return [...tables, state.writer.rest];
}

/** Lays out the length of the JSON, the JSON, and each block, each at a multiple of 8 bytes; streamed, for tables can be large. */
export async function saveState(bucket: R2Bucket, key: string, state: ValidationState): Promise<void> {
  const blocks = blocksOf(state);
  const json = new TextEncoder().encode(
    JSON.stringify({
      ...state,
      tally: { counts: state.tally.counts, full: TABLES.map((name) => state.tally[name].full) },
      writer: { parts: state.writer.parts },
      blockBytes: blocks.map((block) => block.length),
    }),
  );
  const length = new Uint8Array(ALIGN_BYTES);
  new DataView(length.buffer).setUint32(0, json.length);
  const pieces = [length, json, ...blocks].flatMap((piece) => [piece, new Uint8Array(padding(piece.length))]);
  const { readable, writable } = new FixedLengthStream(pieces.reduce((sum, piece) => sum + piece.length, 0));
  const stored = bucket.put(key, readable);
  const writer = writable.getWriter();
  for (const piece of pieces) if (piece.length > 0) await writer.write(piece);
  await writer.close();
  await stored;
}

/** @throws Error where the slice before has left nothing */
export async function loadState(bucket: R2Bucket, key: string): Promise<ValidationState> {
  const object = await bucket.get(key);
  if (!object) throw new Error(`No validation state at ${key}`);
  const bytes = await object.arrayBuffer();
  const jsonBytes = new DataView(bytes).getUint32(0);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, ALIGN_BYTES, jsonBytes)));
  let at = ALIGN_BYTES + jsonBytes + padding(jsonBytes);
  const blocks = (head.blockBytes as number[]).map((length) => {
    const block = { at, length };
    at += length + padding(length);
    return block;
  });
  const table = (index: number) => {
    const [hashes, counts] = [blocks[2 * index]!, blocks[2 * index + 1]!];
    return {
      hashes: new Float64Array(bytes, hashes.at, hashes.length / 8),
      counts: new Uint32Array(bytes, counts.at, counts.length / 4),
      full: head.tally.full[index] as boolean,
    };
  };
  const rest = blocks.at(-1)!;
  return {
    position: head.position,
    csv: head.csv,
    errorCount: head.errorCount,
    rowErrors: head.rowErrors,
    tally: { counts: head.tally.counts, users: table(0), items: table(1), rows: table(2) },
    writer: { parts: head.writer.parts, rest: new Uint8Array(bytes, rest.at, rest.length) },
  };
}

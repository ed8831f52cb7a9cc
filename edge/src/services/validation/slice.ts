// One slice of a validation: streamed, never held whole, its rows counted, checked and written in their normalised form. What it
// leaves for the next slice lies in R2, so that a slice that runs again starts where the one before has ended.
import type { ItemStatistics } from '@tallrec/shared/item-opinions';
import type { ItemIndexState } from '@tallrec/shared/rows/counts/item-index';
import { openParquet, ParquetFault, parquetLines } from '@tallrec/shared/rows/files/parquet';
import { type CheckedRow, RowPass, type RowPassState } from '@tallrec/shared/rows/row-pass';
import type { Dataset, ItemFacts } from '@tallrec/shared/wire/datasets';
import type { Deps } from '../../deps.ts';
import type { DatasetRow } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { RowsWriter, type RowsWriterState } from '../../storage/r2.ts';
import { ChangedFile, RawFile } from './raw-file.ts';
import { validationOf } from './start.ts';

/**
 * A step has 300 s of CPU time (`cpu_ms`). Measured in Node 22: 23 s for a slice of MovieLens-like CSV, 9 s of JSON lines, 51 s of the
 * shortest rows that there can be.
 */
export const SLICE_BYTES = 128 * 1024 * 1024;
/** How much is read before requests to the same isolate get their turn: its stream alone would never let them in. */
const YIELD_BYTES = 512 * 1024;
/** Of a Parquet file's row group, which is held whole. */
const GROUP_BYTES = 64 * 1024 * 1024;
const WRITE_CHARACTERS = 256 * 1024;

export interface Validated {
  accepted: boolean;
  parts: R2UploadedPart[];
  stats: NonNullable<Dataset['stats']>;
  /** Null of all that are not facts about items, and where these are refused. */
  facts: Dataset['facts'];
  warnings: string[];
  errorCount: number;
  rowErrors: Dataset['rowErrors'];
}

export interface ValidationInput {
  dataset: Pick<DatasetRow, 'id' | 'workspace' | 'kind' | 'format' | 'badRows' | 'sampling' | 'columns'>;
  /** The Workflow instance at work. */
  instance: string;
  /** The upload that the normalised rows go to. */
  rowsUploadId: string;
  /** Of the raw object: bytes that changed since are not read. */
  etag: string;
}

/** What a dataset looks like whose bytes are not those announced: nothing in it was counted. */
export function refusal(rowError: Dataset['rowErrors'][number]): Validated {
  return {
    accepted: false,
    parts: [],
    stats: { rows: 0, users: null, items: null, likedShare: null, labelled: 0, unusable: null, profile: null },
    facts: null,
    warnings: [],
    errorCount: 1,
    rowErrors: [rowError],
  };
}

const CHANGED: Dataset['rowErrors'][number] = {
  line: 1,
  column: null,
  problem: 'The bytes of the file have changed or gone since its upload was completed.',
  fix: 'Create the dataset again and send the file once.',
};

export function stateKey({ dataset, instance }: Pick<ValidationInput, 'dataset' | 'instance'>, slice: number): string {
  return places.datasetValidation(dataset.workspace, dataset.id, validationOf(instance)) + slice;
}

/**
 * @param slice from 1
 * @returns what was found once the file has been read to its end, null while slices remain
 */
export async function validateSlice(
  { bucket }: Pick<Deps, 'bucket'>,
  input: ValidationInput,
  slice: number,
  sliceBytes = SLICE_BYTES,
): Promise<Validated | null> {
  const { id, workspace } = input.dataset;
  const from = slice === 1 ? undefined : await loadState(bucket, stateKey(input, slice - 1));
  const raw = new RawFile(bucket, places.datasetRaw(workspace, id), input.etag);
  const upload = bucket.resumeMultipartUpload(places.datasetRows(workspace, id), input.rowsUploadId);
  const pass = new RowPass(input.dataset, from?.pass);
  const writer = new GoodRowsWriter(pass, new RowsWriter(upload, from?.writer));
  let rest: 'more' | 'none';
  try {
    rest = await ((await raw.isParquet()) ? passParquet : passText)(raw, pass, writer, sliceBytes);
  } catch (error) {
    if (error instanceof ChangedFile) return refusal(CHANGED);
    if (error instanceof ParquetFault) return refusal(error.row);
    throw error;
  }
  const { state } = pass;
  if (rest === 'more' && state) {
    await saveState(bucket, stateKey(input, slice), { pass: state, writer: await writer.pause() });
    return null;
  }
  await writer.take(pass.end());
  const { errorCount, rowErrors } = pass;
  const parts = await writer.finish();
  const accepted = !pass.isRefused();
  if (accepted) await writeItems(bucket, input.dataset, pass.rankedItems());
  const isFacts = accepted && input.dataset.kind === 'item-facts';
  const facts = isFacts ? await writeFacts(bucket, input.dataset, pass.itemStatistics()) : null;
  return { accepted, parts, stats: pass.stats(), facts, warnings: pass.warnings(), errorCount, rowErrors };
}

async function passText(
  raw: RawFile,
  pass: RowPass,
  writer: GoodRowsWriter,
  sliceBytes: number,
): Promise<'more' | 'none'> {
  const startOffset = pass.position.offset;
  const { body, size } = await raw.read(startOffset, sliceBytes);
  let unyielded = 0;
  for await (const chunk of body) {
    await writer.take(pass.push(chunk));
    if (pass.broken) break;
    unyielded += chunk.length;
    if (unyielded >= YIELD_BYTES) {
      unyielded = 0;
      await scheduler.wait(0);
    }
  }
  // A slice without one whole row would be read for ever; the reader says what is wrong with it.
  return pass.broken || startOffset + sliceBytes >= size || pass.position.offset === startOffset ? 'none' : 'more';
}

/** Whole row groups, up to the bytes of a slice: a row's number is its line. */
async function passParquet(
  raw: RawFile,
  pass: RowPass,
  writer: GoodRowsWriter,
  sliceBytes: number,
): Promise<'more' | 'none'> {
  const parquet = await openParquet(await raw.randomAccess());
  let left = sliceBytes;
  for (const group of parquet.groups) {
    if (group.firstRow < pass.position.line - 1) continue;
    if (left <= 0) return 'more';
    for await (const lines of parquetLines(parquet, group, GROUP_BYTES)) {
      await writer.take(pass.push(lines));
      if (pass.broken) return 'none';
      await scheduler.wait(0);
    }
    left -= group.bytes;
  }
  return 'none';
}

/** Instructions have none. */
async function writeItems(
  bucket: R2Bucket,
  { id, workspace, kind }: ValidationInput['dataset'],
  items: ItemIndexState,
): Promise<void> {
  if (kind !== 'instructions') await bucket.put(places.datasetItems(workspace, id), JSON.stringify(items));
}

/** R2 checks the sum of what it stores. */
async function writeFacts(
  bucket: R2Bucket,
  { id, workspace }: ValidationInput['dataset'],
  { items, ...sums }: ItemStatistics,
): Promise<ItemFacts> {
  const bytes = new TextEncoder().encode(JSON.stringify({ ...sums, items }));
  const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toHex();
  await bucket.put(places.datasetFacts(workspace, id), bytes, { sha256 });
  return { sha256, bytes: bytes.length, entries: items.length, ...sums };
}

/** Rows of a dataset that is refused are of no use to anyone. */
class GoodRowsWriter {
  private readonly pass: RowPass;
  private readonly writer: RowsWriter;
  private lines = '';

  constructor(pass: RowPass, writer: RowsWriter) {
    this.pass = pass;
    this.writer = writer;
  }

  async take(rows: readonly CheckedRow[]): Promise<void> {
    if (this.pass.isHopeless) return;
    for (const { text } of rows) {
      this.lines += `${text}\n`;
      if (this.lines.length >= WRITE_CHARACTERS) await this.flush();
    }
  }

  async pause(): Promise<RowsWriterState> {
    await this.flush();
    return this.writer.state;
  }

  async finish(): Promise<R2UploadedPart[]> {
    await this.flush();
    return this.pass.isRefused() ? [] : await this.writer.finish();
  }

  private async flush(): Promise<void> {
    await this.writer.write(this.lines);
    this.lines = '';
  }
}

/** What a slice leaves for the next one: facts as JSON, then tables and the unfinished part as bytes, in one object. */
interface ValidationState {
  pass: RowPassState;
  writer: RowsWriterState;
}

/** Grows with what a state holds. */
const STATE_VERSION = 7;

/** Left by another version of the edge, which was replaced in the middle. */
export class UnreadableState extends Error {}

const TABLES = ['users', 'items', 'rows'] as const;
const ALIGN_BYTES = 8;

const padding = (bytes: number) => -bytes & (ALIGN_BYTES - 1);
const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function blocksOf(state: ValidationState): Uint8Array[] {
  const { tally } = state.pass;
  const tables = TABLES.flatMap((name) => [bytesOf(tally[name].hashes), bytesOf(tally[name].counts)]);
  return [...tables, new TextEncoder().encode(JSON.stringify(tally.index)), state.writer.rest];
}

interface Block {
  at: number;
  length: number;
}

/** Lays out the length of the JSON, the JSON, and each block, each at a multiple of 8 bytes; streamed, for tables can be large. */
async function saveState(bucket: R2Bucket, key: string, state: ValidationState): Promise<void> {
  const blocks = blocksOf(state);
  const { tally, ...pass } = state.pass;
  const { counts, ratings, titles, facts, rounded } = tally;
  const json = new TextEncoder().encode(
    JSON.stringify({
      version: STATE_VERSION,
      pass,
      tally: { counts, ratings, titles, facts, rounded, full: TABLES.map((name) => tally[name].full) },
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

/** @throws Error where the slice before has left nothing, UnreadableState */
async function loadState(bucket: R2Bucket, key: string): Promise<ValidationState> {
  const object = await bucket.get(key);
  if (!object) throw new Error(`No validation state at ${key}`);
  const bytes = await object.arrayBuffer();
  const jsonBytes = new DataView(bytes).getUint32(0);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, ALIGN_BYTES, jsonBytes)));
  if (head.version !== STATE_VERSION) throw new UnreadableState(`The state at ${key} is of version ${head.version}`);
  let at = ALIGN_BYTES + jsonBytes + padding(jsonBytes);
  const blocks = (head.blockBytes as number[]).map((length): Block => {
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
  const [index, rest] = blocks.slice(-2) as [Block, Block];
  const text = new TextDecoder().decode(new Uint8Array(bytes, index.at, index.length));
  return {
    pass: {
      ...head.pass,
      tally: { ...head.tally, users: table(0), items: table(1), rows: table(2), index: JSON.parse(text) },
    },
    writer: { parts: head.writer.parts, rest: new Uint8Array(bytes, rest.at, rest.length) },
  };
}

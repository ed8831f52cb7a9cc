// One slice of a validation: streamed, never held whole, its rows counted, checked and written in their normalised form. What it
// leaves for the next slice lies in R2, so that a slice that runs again starts where the one before has ended.
import { LIMITS } from '@tallrec/shared/limits';
import { type CsvHead, CsvReader } from '@tallrec/shared/rows/csv-reader';
import { JsonArrayReader, JsonlReader } from '@tallrec/shared/rows/json-readers';
import { LAYOUTS, rowCheck } from '@tallrec/shared/rows/row-check';
import { isBad, type RawRow, type ReaderPosition, type RowReader } from '@tallrec/shared/rows/row-reader';
import { Tally, type TallyState } from '@tallrec/shared/rows/tally';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { Deps } from '../../deps.ts';
import type { DatasetRow } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { RowsWriter, type RowsWriterState } from '../../storage/r2.ts';
import { validationOf } from './start.ts';

/**
 * A step has 300 s of CPU time (`cpu_ms`). Measured in Node 22: 21 s for a slice of MovieLens-like CSV, 9 s of JSON lines, 51 s of the
 * shortest rows that there can be.
 */
export const SLICE_BYTES = 128 * 1024 * 1024;
/** How much is read before requests to the same isolate get their turn: its stream alone would never let them in. */
const YIELD_BYTES = 512 * 1024;
const WRITE_CHARACTERS = 256 * 1024;

export interface Validated {
  parts: R2UploadedPart[];
  stats: NonNullable<Dataset['stats']>;
  warnings: string[];
  errorCount: number;
  rowErrors: Dataset['rowErrors'];
}

export interface ValidationInput {
  dataset: Pick<DatasetRow, 'id' | 'workspace' | 'kind' | 'format' | 'sampling'>;
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
    parts: [],
    stats: { rows: 0, users: null, items: null, likedShare: null, labelled: 0, profile: null },
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

function newReader({ kind, format }: ValidationInput['dataset'], from: ValidationState | undefined): RowReader {
  if (format === 'jsonl') return new JsonlReader(from?.position);
  if (format === 'json') return new JsonArrayReader(from?.position);
  return new CsvReader(from?.position, from?.csv ?? undefined, kind === 'items' ? LAYOUTS.items : LAYOUTS.interactions);
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
  const { id, workspace, kind, format, sampling } = input.dataset;
  const from = slice === 1 ? undefined : await loadState(bucket, stateKey(input, slice - 1));
  const startOffset = from?.position.offset ?? 0;
  const object = await bucket.get(places.datasetRaw(workspace, id), {
    range: { offset: startOffset, length: sliceBytes },
    onlyIf: { etagMatches: input.etag },
  });
  if (!object || !('body' in object)) return refusal(CHANGED);
  const upload = bucket.resumeMultipartUpload(places.datasetRows(workspace, id), input.rowsUploadId);
  const pass = new Pass(
    newReader(input.dataset, from),
    kind,
    format,
    new Tally(sampling, from?.tally),
    new RowsWriter(upload, from?.writer),
    from,
  );
  let unyielded = 0;
  for await (const chunk of object.body as ReadableStream<Uint8Array>) {
    await pass.take(pass.reader.push(chunk));
    if (pass.reader.broken) break;
    unyielded += chunk.length;
    if (unyielded >= YIELD_BYTES) {
      unyielded = 0;
      await scheduler.wait(0);
    }
  }
  const { broken, position } = pass.reader;
  // A slice without one whole row would be read for ever; the reader says what is wrong with it.
  const last = broken || startOffset + sliceBytes >= object.size || position.offset === startOffset;
  if (last) return await pass.finish();
  await saveState(bucket, stateKey(input, slice), await pass.pause());
  return null;
}

class Pass {
  readonly reader: RowReader;
  private readonly kind: DatasetRow['kind'];
  private readonly check: ReturnType<typeof rowCheck>;
  private readonly tally: Tally;
  private readonly writer: RowsWriter;
  private errorCount: number;
  private readonly rowErrors: Dataset['rowErrors'];
  private lines = '';

  constructor(
    reader: RowReader,
    kind: DatasetRow['kind'],
    format: DatasetRow['format'],
    tally: Tally,
    writer: RowsWriter,
    from: ValidationState | undefined,
  ) {
    this.reader = reader;
    this.kind = kind;
    this.check = rowCheck(kind, format === 'csv');
    this.tally = tally;
    this.writer = writer;
    this.errorCount = from?.errorCount ?? 0;
    this.rowErrors = from?.rowErrors ?? [];
  }

  async take(rows: RawRow[]): Promise<void> {
    for (const row of rows) {
      if (isBad(row)) this.refuse(row);
      else {
        const checked = this.check(row.value);
        if ('faults' in checked) for (const fault of checked.faults) this.refuse({ line: row.line, ...fault });
        else {
          const text = JSON.stringify(checked.row);
          this.tally.add(checked, text);
          // Rows of a dataset that is refused are of no use to anyone.
          if (this.errorCount === 0) this.lines += `${text}\n`;
        }
      }
      if (this.lines.length >= WRITE_CHARACTERS) await this.flush();
    }
  }

  /** Ends this slice. */
  async pause(): Promise<ValidationState> {
    await this.flush();
    const { reader } = this;
    return {
      position: reader.position,
      csv: reader instanceof CsvReader ? (reader.head ?? null) : null,
      errorCount: this.errorCount,
      rowErrors: this.rowErrors,
      tally: this.tally.state,
      writer: this.writer.state,
    };
  }

  async finish(): Promise<Validated> {
    await this.take(this.reader.end());
    await this.flush();
    const stats = this.tally.stats();
    if (stats.rows === 0 && this.errorCount === 0) {
      this.refuse({
        line: 1,
        column: null,
        problem: 'The file has no rows.',
        fix: 'Upload a file with at least one row.',
      });
    }
    const unused = this.reader instanceof CsvReader ? this.reader.unused : [];
    return {
      parts: this.errorCount === 0 ? await this.writer.finish() : [],
      stats,
      warnings: this.tally.warnings(this.kind, unused),
      errorCount: this.errorCount,
      rowErrors: this.rowErrors,
    };
  }

  private async flush(): Promise<void> {
    await this.writer.write(this.lines);
    this.lines = '';
  }

  private refuse(error: Dataset['rowErrors'][number]): void {
    this.errorCount++;
    if (this.rowErrors.length < LIMITS.rowErrors) this.rowErrors.push(error);
  }
}

/** What a slice leaves for the next one: facts as JSON, then tables and the unfinished part as bytes, in one object. */
interface ValidationState {
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
async function saveState(bucket: R2Bucket, key: string, state: ValidationState): Promise<void> {
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
async function loadState(bucket: R2Bucket, key: string): Promise<ValidationState> {
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

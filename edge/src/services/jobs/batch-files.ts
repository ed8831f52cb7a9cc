// The predictions of a batch on their way into two files, JSON lines and CSV, over several steps.
import { rankedRowSchema, scoredRowSchema } from '@tallrec/shared/wire/scorings';
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import type { ScoringSpec } from '../../repo/job-record.ts';
import type { JobRow } from '../../repo/jobs.ts';
import { places } from '../../storage/places.ts';
import { RowsWriter } from '../../storage/r2.ts';

const COLUMNS = {
  score: ['row', 'user', 'id', 'title', 'liked', 'score', 'yesLogit', 'noLogit', 'blendScore', 'blendRank'],
  rank: ['row', 'user', 'rank', 'id', 'title', 'score', 'yesLogit', 'noLogit', 'blendScore', 'blendRank'],
} as const;
/** Lines turned into CSV at once. */
const LINES_AT_ONCE = 1000;

const FORMATS = ['jsonl', 'csv'] as const;
type Format = (typeof FORMATS)[number];

const writerStateSchema = z.object({
  uploadId: z.string(),
  parts: z.array(z.object({ partNumber: z.number(), etag: z.string() })),
});
const stateSchema = z.object({
  nextChunk: z.number().int(),
  rows: z.number().int(),
  bytes: z.number().int(),
  jsonl: writerStateSchema,
  csv: writerStateSchema,
});

interface Output {
  upload: R2MultipartUpload;
  writer: RowsWriter;
}

/** See `joinBatch`: what was written after the last pause is written over. */
export class BatchFiles {
  nextChunk: number;
  #rows: number;
  #bytes: number;
  readonly #bucket: R2Bucket;
  readonly #batch: JobRow;
  readonly #task: ScoringSpec['task'];
  readonly #jsonl: Output;
  readonly #csv: Output;

  private constructor(
    bucket: R2Bucket,
    batch: JobRow,
    outputs: { jsonl: Output; csv: Output },
    from: { nextChunk: number; rows: number; bytes: number },
  ) {
    this.#bucket = bucket;
    this.#batch = batch;
    this.#task = (batch.spec as ScoringSpec).task;
    this.#jsonl = outputs.jsonl;
    this.#csv = outputs.csv;
    this.nextChunk = from.nextChunk;
    this.#rows = from.rows;
    this.#bytes = from.bytes;
  }

  static async open(bucket: R2Bucket, batch: JobRow): Promise<BatchFiles> {
    const { workspace, id } = batch;
    const kept = await bucket.get(places.batchState(workspace, id, 'state'));
    if (kept) {
      const state = stateSchema.parse(await kept.json());
      const outputs = {
        jsonl: await resume(bucket, batch, 'jsonl', state),
        csv: await resume(bucket, batch, 'csv', state),
      };
      return new BatchFiles(bucket, batch, outputs, state);
    }
    const outputs = { jsonl: await begin(bucket, batch, 'jsonl'), csv: await begin(bucket, batch, 'csv') };
    const files = new BatchFiles(bucket, batch, outputs, { nextChunk: 0, rows: 0, bytes: 0 });
    await files.#csv.writer.write(stringify([COLUMNS[files.#task]]));
    // A step that dies from here on goes on with these uploads and leaves none behind.
    await files.pause();
    return files;
  }

  /** @param body the predictions of the next piece, JSON lines */
  async append(body: ReadableStream): Promise<void> {
    let rest = '';
    let lines: string[] = [];
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split('\n');
      rest = parts.pop()!;
      for (const line of parts) {
        lines.push(line);
        if (lines.length === LINES_AT_ONCE) {
          await this.#write(lines);
          lines = [];
        }
      }
    }
    await this.#write(lines);
    this.nextChunk++;
  }

  async #write(lines: string[]): Promise<void> {
    if (lines.length === 0) return;
    const text = `${lines.join('\n')}\n`;
    await this.#jsonl.writer.write(text);
    await this.#csv.writer.write(stringify(lines.flatMap((line) => this.#csvRows(line))));
    this.#rows += lines.length;
    this.#bytes += new TextEncoder().encode(text).length;
  }

  #csvRows(line: string): unknown[][] {
    if (this.#task === 'score') {
      const row = scoredRowSchema.parse(JSON.parse(line));
      return [COLUMNS.score.map((column) => cell(row[column]))];
    }
    const { row, user, ranking } = rankedRowSchema.parse(JSON.parse(line));
    return ranking.map((item, at) => {
      const record: Record<string, unknown> = { row, user, rank: at + 1, ...item };
      return COLUMNS.rank.map((column) => cell(record[column]));
    });
  }

  /** The parts that are not full yet lie as they are beside the state, which counts once they do. */
  async pause(): Promise<void> {
    const { workspace, id } = this.#batch;
    for (const format of FORMATS) {
      const { rest } = this.#output(format).writer.state;
      await this.#bucket.put(places.batchState(workspace, id, `${format}-${this.nextChunk}`), rest);
    }
    const state: z.input<typeof stateSchema> = {
      nextChunk: this.nextChunk,
      rows: this.#rows,
      bytes: this.#bytes,
      jsonl: keep(this.#jsonl),
      csv: keep(this.#csv),
    };
    await this.#bucket.put(places.batchState(workspace, id, 'state'), JSON.stringify(state));
  }

  async finish(): Promise<{ rows: number; bytes: number }> {
    for (const format of FORMATS) {
      const { upload, writer } = this.#output(format);
      const parts = await writer.finish();
      const key = places.batchPredictions(this.#batch.workspace, this.#batch.id, format);
      await upload.complete(parts).catch(async (error: unknown) => {
        // Completed by a run of this step before.
        if (!(await this.#bucket.head(key))) throw error;
      });
    }
    return { rows: this.#rows, bytes: this.#bytes };
  }

  #output(format: Format): Output {
    return format === 'csv' ? this.#csv : this.#jsonl;
  }
}

/** Spreadsheets take a text that begins so for a formula. */
function cell(value: unknown): unknown {
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}

async function begin(bucket: R2Bucket, { workspace, id }: JobRow, format: Format): Promise<Output> {
  const upload = await bucket.createMultipartUpload(places.batchPredictions(workspace, id, format));
  return { upload, writer: new RowsWriter(upload) };
}

async function resume(
  bucket: R2Bucket,
  { workspace, id }: JobRow,
  format: Format,
  { nextChunk, ...state }: z.infer<typeof stateSchema>,
): Promise<Output> {
  const { uploadId, parts } = state[format];
  const upload = bucket.resumeMultipartUpload(places.batchPredictions(workspace, id, format), uploadId);
  const rest = await bucket.get(places.batchState(workspace, id, `${format}-${nextChunk}`));
  if (!rest) throw new Error(`the unfinished part of ${id} is gone`);
  return { upload, writer: new RowsWriter(upload, { parts, rest: new Uint8Array(await rest.arrayBuffer()) }) };
}

function keep({ upload, writer }: Output): z.input<typeof writerStateSchema> {
  return { uploadId: upload.uploadId, parts: writer.state.parts };
}

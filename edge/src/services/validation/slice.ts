// The checks of a dataset, one slice of its file at a time: each is a durable step, and one that is run again starts clean.

import { LIMITS } from '@tallrec/shared/limits';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { Deps } from '../../deps.ts';
import type { DatasetRow } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { RowsWriter } from '../../storage/rows-writer.ts';
import { rowCheck } from './rows/check-row.ts';
import { CsvReader } from './rows/csv-reader.ts';
import { JsonArrayReader } from './rows/json-array-reader.ts';
import { JsonlReader } from './rows/jsonl-reader.ts';
import { isBad, type RawRow, type RowReader } from './rows/raw-row.ts';
import { Tally } from './rows/tally.ts';
import { loadState, saveState, type ValidationState } from './validation-state.ts';

/** A step has minutes of CPU time, not hours. */
export const SLICE_BYTES = 256 * 1024 * 1024;
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
  dataset: Pick<DatasetRow, 'id' | 'kind' | 'format' | 'sampling'>;
  /** The upload that the normalised rows go to. */
  uploadId: string;
  /** Of the raw object: bytes that changed since are not read. */
  etag: string;
}

function newReader(format: DatasetRow['format'], from: ValidationState | undefined): RowReader {
  if (format === 'csv') return new CsvReader(from?.position, from?.csv ?? undefined);
  return format === 'jsonl' ? new JsonlReader(from?.position) : new JsonArrayReader(from?.position);
}

/**
 * @param slice from 1
 * @returns what was found once the file has been read to its end, null while slices remain
 */
export async function validateSlice(
  deps: Pick<Deps, 'bucket'>,
  input: ValidationInput,
  slice: number,
  sliceBytes = SLICE_BYTES,
): Promise<Validated | null> {
  const { bucket } = deps;
  const { id, kind, format, sampling } = input.dataset;
  const from = slice === 1 ? undefined : await loadState(bucket, places.datasetValidation(id, slice - 1));
  const startOffset = from?.position.offset ?? 0;
  const upload = bucket.resumeMultipartUpload(places.datasetRows(id), input.uploadId);
  const pass = new Pass(
    newReader(format, from),
    kind,
    format,
    new Tally(sampling, from?.tally),
    new RowsWriter(upload, from?.writer),
    from,
  );

  const object = await bucket.get(places.datasetRaw(id), {
    range: { offset: startOffset, length: sliceBytes },
    onlyIf: { etagMatches: input.etag },
  });
  if (!object || !('body' in object)) throw new Error(`The bytes of ${id} are gone or have changed`);
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
  await saveState(bucket, places.datasetValidation(id, slice), await pass.pause());
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

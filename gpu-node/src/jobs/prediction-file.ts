// Predictions of a piece on disk, one line a row, gone on with after a restart behind the last batch that is there whole.

import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@tallrec/shared/json';
import { RESULT_FILES } from '@tallrec/shared/wire/link';
import { z } from 'zod';

export const predictionsIn = (dir: string) => join(dir, RESULT_FILES.predictions);

const doneSchema = z.object({ rows: z.number().int(), tokens: z.number().int(), bytes: z.number().int() });
type Done = z.infer<typeof doneSchema>;

export class PredictionFile {
  readonly #predictions: FileHandle;
  /** A line a batch: what there is up to its end. */
  readonly #journal: FileHandle;
  #done: Done;

  private constructor(predictions: FileHandle, journal: FileHandle, done: Done) {
    this.#predictions = predictions;
    this.#journal = journal;
    this.#done = done;
  }

  /** @param firstRow the number of the first row: lines that do not count from there are not this piece's */
  static async open(dir: string, firstRow: number): Promise<PredictionFile> {
    await mkdir(dir, { recursive: true });
    const journalPath = join(dir, 'batches.jsonl');
    const journalText = await readFile(journalPath, 'utf8').catch(() => '');
    const content = await readFile(predictionsIn(dir)).catch(() => Buffer.alloc(0));
    const batches = journalText.split('\n').flatMap((line) => doneSchema.safeParse(parseJson(line)).data ?? []);
    const done = batches.findLast((batch) => isWhole(content, batch, firstRow)) ?? { rows: 0, tokens: 0, bytes: 0 };
    const predictions = await open(predictionsIn(dir), 'a');
    await predictions.truncate(done.bytes);
    const journal = await open(journalPath, 'w');
    if (done.rows > 0) await journal.appendFile(`${JSON.stringify(done)}\n`);
    return new PredictionFile(predictions, journal, done);
  }

  get done(): Done {
    return this.#done;
  }

  async append(lines: readonly unknown[], tokens: number): Promise<void> {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    await this.#predictions.appendFile(text);
    this.#done = {
      rows: this.#done.rows + lines.length,
      tokens: this.#done.tokens + tokens,
      bytes: this.#done.bytes + Buffer.byteLength(text),
    };
    await this.#journal.appendFile(`${JSON.stringify(this.#done)}\n`);
  }

  async close(): Promise<void> {
    await this.#predictions.sync();
    await this.#predictions.close();
    await this.#journal.close();
  }
}

/** A machine that lost power may have kept the length of a file and not its bytes. */
function isWhole(content: Buffer, { rows, bytes }: Done, firstRow: number): boolean {
  if (bytes > content.length || (bytes > 0 && content[bytes - 1] !== 0x0a)) return false;
  const lines = content.subarray(0, bytes).toString('utf8').split('\n').slice(0, -1);
  const numbered = z.looseObject({ row: z.number() });
  return (
    lines.length === rows && lines.every((line, at) => numbered.safeParse(parseJson(line)).data?.row === firstRow + at)
  );
}

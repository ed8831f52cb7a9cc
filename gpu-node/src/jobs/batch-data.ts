// Files that all pieces of a batch scoring share, fetched once: the ratings that its rows are made of, and the catalogue.
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { EdgeFiles } from './edge-files.ts';

const KEPT_BATCHES = 2;

export class BatchData {
  readonly #dir: string;
  readonly #files: Pick<EdgeFiles, 'download'>;

  constructor(dir: string, files: Pick<EdgeFiles, 'download'>) {
    this.#dir = dir;
    this.#files = files;
  }

  /**
   * @param job a piece: its batch is named by what stands before the last dash
   * @param path to fetch it from, which is another one for each piece
   */
  async locate(job: string, name: 'rows' | 'catalogue', path: string, signal: AbortSignal): Promise<string> {
    const batch = job.replace(/-[^-]*$/, '');
    const folder = join(this.#dir, batch);
    const file = join(folder, `${name}.jsonl`);
    await mkdir(folder, { recursive: true });
    await utimes(folder, new Date(), new Date());
    if (await stat(file).catch(() => undefined)) return file;
    await this.#removeOldest();
    await this.#files.download(path, file, { signal });
    return file;
  }

  async #removeOldest(): Promise<void> {
    const folders = await Promise.all(
      (await readdir(this.#dir)).map(async (name) => ({ name, atMs: (await stat(join(this.#dir, name))).mtimeMs })),
    );
    for (const { name } of folders.sort((a, b) => b.atMs - a.atMs).slice(KEPT_BATCHES)) {
      await rm(join(this.#dir, name), { recursive: true, force: true });
    }
  }
}

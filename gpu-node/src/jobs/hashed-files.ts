// Documents of the edge on this machine's disk, under their SHA-256: blends of adapters, facts about items. Each is fetched when it is
// first needed.
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { EdgeFiles } from './edge-files.ts';
import { InFlight } from './in-flight.ts';

const MIB = 2 ** 20;
const NAME = /^([0-9a-f]{64})\.json$/;

export interface HashedFile {
  sha256: string;
  bytes: number;
  /** Where the edge has it. */
  path: string;
}

export class HashedFiles {
  readonly #dir: string;
  readonly #files: Pick<EdgeFiles, 'download'>;
  readonly #kept: LRUCache<string, string>;
  readonly #fetching = new InFlight<string>();

  private constructor(dir: string, files: Pick<EdgeFiles, 'download'>, maxBytes: number) {
    this.#dir = dir;
    this.#files = files;
    this.#kept = new LRUCache<string, string>({
      maxSize: maxBytes,
      // Engines hold what they have read.
      dispose: (path, _sha256, reason) => {
        if (reason === 'evict') void rm(path, { force: true });
      },
    });
  }

  /**
   * Takes up what an earlier run left, in the order of its last use.
   * @param maxBytes of all together; those that were not used for the longest time make room
   */
  static async open(
    dir: string,
    files: Pick<EdgeFiles, 'download'>,
    { maxBytes = 256 * MIB } = {},
  ): Promise<HashedFiles> {
    const opened = new HashedFiles(dir, files, maxBytes);
    await mkdir(dir, { recursive: true });
    const found: { sha256: string; path: string; usedMs: number; bytes: number }[] = [];
    for (const name of await readdir(dir)) {
      const path = join(dir, name);
      const sha256 = NAME.exec(name)?.[1];
      const { mtimeMs: usedMs, size: bytes } = await stat(path);
      if (sha256 === undefined || bytes === 0) await rm(path, { recursive: true, force: true });
      else found.push({ sha256, path, usedMs, bytes });
    }
    found.sort((a, b) => a.usedMs - b.usedMs);
    for (const { sha256, path, bytes } of found) opened.#kept.set(sha256, path, { size: bytes });
    return opened;
  }

  /**
   * @returns where it lies; two who want the same at once wait for one download
   * @throws TallrecError CHECKSUM_MISMATCH where the edge's bytes are others, and as the edge refuses them
   */
  async locate(file: HashedFile, signal?: AbortSignal): Promise<string> {
    const { sha256 } = file;
    const kept = this.#kept.get(sha256);
    if (kept) {
      await utimes(kept, new Date(), new Date()).catch(() => {});
      return kept;
    }
    const path = await this.#fetching.once(sha256, () => this.#fetch(file));
    signal?.throwIfAborted();
    return path;
  }

  /** Forgets one that could not be used: the next to want it fetches it anew. */
  async drop(sha256: string): Promise<void> {
    const path = this.#kept.peek(sha256);
    this.#kept.delete(sha256);
    if (path) await rm(path, { force: true });
  }

  async #fetch({ sha256, bytes, path: from }: HashedFile): Promise<string> {
    const path = join(this.#dir, `${sha256}.json`);
    await this.#files.download(from, path, { retries: 3, maxBytes: bytes, sha256 });
    this.#kept.set(sha256, path, { size: Math.max(1, bytes) });
    return path;
  }
}

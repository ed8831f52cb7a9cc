// Adapters on this machine's disk under their content hashes, fetched from the edge when they are first needed.
import { renameSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import { ADAPTER_FILES, adapterId } from '@tallrec/shared/wire/adapters';
import type { JobAdapter } from '@tallrec/shared/wire/link';
import { LRUCache } from 'lru-cache';
import type { EdgeFiles } from './edge-files.ts';
import type { AdapterPlace } from './engine-calls.ts';
import type { HashedFiles } from './hashed-files.ts';
import { InFlight } from './in-flight.ts';

const GIB = 2 ** 30;
const NAME = /^[0-9a-f]{64}$/;

export interface AdapterSources {
  files: Pick<EdgeFiles, 'download'>;
  /** For their blends. */
  documents: Pick<HashedFiles, 'locate' | 'drop'>;
}

export class AdapterCache {
  readonly #dir: string;
  readonly #files: Pick<EdgeFiles, 'download'>;
  readonly #kept: LRUCache<string, string>;
  #removed = 0;
  readonly #fetching = new InFlight<string>();
  readonly #documents: Pick<HashedFiles, 'locate' | 'drop'>;

  private constructor(dir: string, { files, documents }: AdapterSources, maxBytes: number) {
    this.#dir = dir;
    this.#files = files;
    this.#documents = documents;
    this.#kept = new LRUCache<string, string>({
      maxSize: maxBytes,
      // Engines hold adapters in memory once loaded; one that is asked for again is fetched again.
      dispose: (path, _id, reason) => {
        if (reason === 'evict') void this.#remove(path);
      },
    });
  }

  /**
   * Takes up what an earlier run left, in the order of its last use; what that was in the middle of fetching is removed.
   * @param maxBytes of all adapters together; those that were not used for the longest time make room
   */
  static async open(dir: string, sources: AdapterSources, { maxBytes = 16 * GIB } = {}): Promise<AdapterCache> {
    const cache = new AdapterCache(dir, sources, maxBytes);
    await mkdir(dir, { recursive: true });
    const found: { name: string; usedMs: number; bytes: number }[] = [];
    for (const name of await readdir(dir)) {
      const path = join(dir, name);
      if (!NAME.test(name)) await rm(path, { recursive: true, force: true });
      else found.push({ name, usedMs: (await stat(path)).mtimeMs, bytes: await bytesIn(path) });
    }
    found.sort((a, b) => a.usedMs - b.usedMs);
    for (const { name, bytes } of found) cache.#kept.set(name, join(dir, name), { size: bytes });
    return cache;
  }

  /** Content hashes, the last used first. */
  ids(): string[] {
    return [...this.#kept.keys()];
  }

  /**
   * @returns where the adapter lies, its bytes checked against its name
   * @throws TallrecError ADAPTER_INVALID when the bytes are not what the name says
   */
  async locate(adapter: JobAdapter): Promise<AdapterPlace> {
    const { id, golden, blend, modelHash } = adapter;
    const kept = this.#kept.get(id);
    if (kept) await utimes(kept, new Date(), new Date()).catch(() => {});
    const dir = kept ?? (await this.#fetching.once(id, () => this.#fetch(adapter)));
    return { id, dir, golden, blend: blend && (await this.#documents.locate(blend)), modelHash };
  }

  /** Forgets an adapter that an engine could not use, and its blend. */
  async drop({ id, blend }: Pick<JobAdapter, 'id' | 'blend'>): Promise<void> {
    if (blend) await this.#documents.drop(blend.sha256);
    const path = this.#kept.peek(id);
    this.#kept.delete(id);
    if (path) await this.#remove(path);
  }

  /** Set aside at once, so that the same adapter can be fetched again while the files go. */
  async #remove(path: string): Promise<void> {
    const aside = `${path}.${this.#removed++}.removed`;
    try {
      renameSync(path, aside);
    } catch {
      return;
    }
    await rm(aside, { recursive: true, force: true });
  }

  async #fetch({ id, configPath, weightsPath }: JobAdapter): Promise<string> {
    const temporary = join(this.#dir, `${id}.fetching`);
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    try {
      const options = { retries: 3 };
      const config = await this.#files.download(configPath, join(temporary, ADAPTER_FILES.config), {
        ...options,
        maxBytes: LIMITS.jsonBodyBytes,
      });
      const weights = await this.#files.download(weightsPath, join(temporary, ADAPTER_FILES.weights), {
        ...options,
        maxBytes: LIMITS.adapterBytes,
      });
      const found = await adapterId({ configSha256: config.sha256, weightsSha256: weights.sha256 });
      if (found !== id) {
        throw new TallrecError(
          'ADAPTER_INVALID',
          `The files of adapter ${id.slice(0, 12)}… are not its own: they hash to ${found.slice(0, 12)}….`,
          {
            fix: 'Import the adapter again or tune a new one.',
          },
        );
      }
      const path = join(this.#dir, id);
      await rename(temporary, path);
      this.#kept.set(id, path, { size: config.bytes + weights.bytes });
      return path;
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    }
  }
}

async function bytesIn(dir: string): Promise<number> {
  const sizes = (await readdir(dir)).map(async (name) => (await stat(join(dir, name))).size);
  // One without bytes would be no size to the cache.
  return Math.max(
    1,
    (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0),
  );
}

/** Has the adapter used; what an engine finds out about it holds for its copy here: the next to want it fetches it anew. */
export async function withAdapter<T>(
  adapters: Pick<AdapterCache, 'locate' | 'drop'>,
  adapter: JobAdapter | null,
  use: (place: AdapterPlace | null) => Promise<T>,
): Promise<T> {
  if (!adapter) return use(null);
  const place = await adapters.locate(adapter);
  try {
    return await use(place);
  } catch (error) {
    if (error instanceof TallrecError && error.code === 'ADAPTER_INVALID') await adapters.drop(adapter);
    throw error;
  }
}

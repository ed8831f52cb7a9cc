// The blends of the adapters that were used last: a blend holds a table of items, which is not read anew for every request.
import type { WholeBlend } from '@tallrec/shared/blend';
import { LRUCache } from 'lru-cache';
import { readBlendFile } from '../blend/blend-file.ts';
import type { AdapterPlace } from './engine-calls.ts';

const KEPT = 16;

export class LoadedBlends {
  /** By path, which names the bytes. */
  readonly #blends = new LRUCache<string, Promise<WholeBlend | undefined>>({ max: KEPT });

  /** @throws TallrecError ADAPTER_INVALID where it is damaged or of another adapter */
  async of(adapter: AdapterPlace | null): Promise<WholeBlend | undefined> {
    if (!adapter?.blend) return undefined;
    const { blend: path, id } = adapter;
    let blend = this.#blends.get(path);
    if (!blend) {
      blend = readBlendFile(path, id);
      this.#blends.set(path, blend);
      blend.catch(() => this.#blends.delete(path));
    }
    return blend;
  }
}

// What was read last of the documents that live requests need: a blend or facts hold a table of items, which is neither read nor indexed
// anew for every request.
import { type Blender, blender, type WholeBlend, withFacts } from '@tallrec/shared/blend';
import type { ItemStatistics } from '@tallrec/shared/item-opinions';
import { LRUCache } from 'lru-cache';
import { readBlendFile } from '../blend/blend-file.ts';
import { readFactsDocument } from '../data/read-item-facts.ts';
import type { AdapterPlace } from './engine-calls.ts';

const KEPT = 16;

/** By paths, which name the bytes. */
class Loaded<T extends object | undefined> {
  readonly #read: LRUCache<string, Promise<T>> = new LRUCache({ max: KEPT });

  of(path: string, read: () => Promise<T>): Promise<T> {
    const known = this.#read.get(path);
    if (known) return known;
    const reading = read();
    this.#read.set(path, reading);
    reading.catch(() => this.#read.delete(path));
    return reading;
  }
}

export class LoadedBlends {
  readonly #blends = new Loaded<WholeBlend | undefined>();
  readonly #facts = new Loaded<ItemStatistics>();
  readonly #blenders = new Loaded<Blender | undefined>();

  /**
   * @param facts path of those that stand in place of the blend's own
   * @throws TallrecError ADAPTER_INVALID where it is damaged or of another adapter, VALIDATION_FAILED where it has no weights for facts
   */
  async of(adapter: AdapterPlace | null, facts?: string | undefined): Promise<WholeBlend | undefined> {
    const path = adapter?.blend;
    const blend = path
      ? await this.#blends.of(`${path} ${adapter.id}`, () => readBlendFile(path, adapter.id))
      : undefined;
    if (facts === undefined) return blend;
    return withFacts(blend, await this.#facts.of(facts, () => readFactsDocument(facts)));
  }

  /** What blends by it: see `of`. */
  blenderOf(adapter: AdapterPlace | null, facts?: string | undefined): Promise<Blender | undefined> {
    const make = async () => {
      const blend = await this.of(adapter, facts);
      return blend && blender(blend);
    };
    return adapter?.blend ? this.#blenders.of(`${adapter.blend} ${adapter.id} ${facts ?? ''}`, make) : make();
  }
}

// The model in memory, its tokenizer, and the adapters that were used with it last.
import { TallrecError } from '@tallrec/shared/errors';
import { LRUCache } from 'lru-cache';
import type { LoraAdapter } from '../llama/lora.ts';
import type { LanguageModel } from '../llama/model.ts';
import { readAdapter } from '../llama/peft.ts';
import { loadTokenizer, type TextTokenizer, type Tokenizer } from '../llama/tokenizer.ts';
import type { AdapterPlace, ModelPlace } from './engine-calls.ts';
import { checkGoldenScores } from './golden-scores.ts';

export interface ReadAdapter {
  adapter: LoraAdapter;
  /** What of its files is left out of account. */
  warnings: readonly string[];
}

export interface LoadedModel {
  place: ModelPlace;
  model: LanguageModel;
  tokenizer: Tokenizer;
  /** As reports name it. */
  precision: string;
  adapters: LRUCache<string, ReadAdapter>;
}

export type LoadModel = (
  place: ModelPlace,
  options: { checkpointing: boolean },
) => Promise<{ model: LanguageModel; precision: string }>;

/** Of all adapters in memory, but for the one that is used. */
const ADAPTERS_BYTES = 2 ** 30;

/** Whoever uses it does so in turns, so a model is never closed under one that computes with it. */
export class LoadedModels {
  readonly #load: LoadModel;
  readonly #tokenizers = new LRUCache<string, TextTokenizer>({ max: 4 });
  #loaded: LoadedModel | undefined;
  #checkpointing = false;

  constructor(load: LoadModel) {
    this.#load = load;
  }

  /**
   * Loads a model in place of another one.
   * @param options as in `LlamaModelOptions`; checkpointing matters to gradients alone, so other work leaves it out
   */
  async open(place: ModelPlace, options: { checkpointing?: boolean } = {}): Promise<LoadedModel> {
    const before = this.#loaded;
    const { checkpointing: wanted = this.#checkpointing } = options;
    if (before && isSame(before.place, place) && wanted === this.#checkpointing) return before;
    this.#loaded = undefined;
    await before?.model.close();
    this.#checkpointing = options.checkpointing ?? false;
    const tokenizer = await this.tokenizer(place);
    const loaded = await this.#load(place, { checkpointing: this.#checkpointing });
    const adapters = new LRUCache<string, ReadAdapter>({ maxSize: ADAPTERS_BYTES, sizeCalculation: bytesOf });
    this.#loaded = { place, ...loaded, tokenizer, adapters };
    return this.#loaded;
  }

  async tokenizer(place: ModelPlace): Promise<TextTokenizer> {
    const kept = this.#tokenizers.get(place.dir);
    if (kept) return kept;
    const tokenizer = await loadTokenizer(place.dir);
    this.#tokenizers.set(place.dir, tokenizer);
    return tokenizer;
  }

  /** Whether an adapter is in memory. */
  holds(loaded: LoadedModel, place: AdapterPlace): boolean {
    return loaded.adapters.has(keyOf(place));
  }

  /** @throws TallrecError ADAPTER_INVALID when it is not for the model, or does not score as it did where it was made */
  async adapter(loaded: LoadedModel, place: AdapterPlace): Promise<LoraAdapter> {
    return (await this.adapterWithWarnings(loaded, place)).adapter;
  }

  /** As `adapter`. */
  async adapterWithWarnings(loaded: LoadedModel, place: AdapterPlace): Promise<ReadAdapter> {
    assertBase(loaded.place, place);
    const { id, dir, golden } = place;
    const kept = loaded.adapters.get(keyOf(place));
    if (kept) return kept;
    const name = `adapter ${id.slice(0, 12)}…`;
    const warnings: string[] = [];
    const onWarning = (warning: string) => warnings.push(warning);
    const adapter = await readAdapter(dir, loaded.model.config, { name, onWarning }).catch((cause) => {
      if (cause instanceof TallrecError) throw cause;
      throw new TallrecError('ADAPTER_INVALID', `The ${name} cannot be read.`, { cause });
    });
    if (golden) await checkGoldenScores(loaded, adapter, golden, id);
    const read = { adapter, warnings };
    loaded.adapters.set(keyOf(place), read);
    return read;
  }
}

function bytesOf({ adapter: { tensors } }: ReadAdapter): number {
  // One without tensors would be no size to the cache.
  return Math.max(
    1,
    [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0),
  );
}

/** One that is forced on a model is not compared with its golden scores: who asks for the comparison gets it. */
function keyOf({ id, golden }: AdapterPlace): string {
  return `${id} ${golden ? 'compared' : 'as it is'}`;
}

function assertBase(model: ModelPlace, { id, modelHash }: AdapterPlace): void {
  if (modelHash === null || modelHash === undefined || modelHash === model.contentHash) return;
  throw new TallrecError(
    'ADAPTER_INVALID',
    `The adapter ${id.slice(0, 12)}… is for another model than this node's ${model.name}: ${modelHash.slice(0, 12)}…, not ${model.contentHash.slice(0, 12)}….`,
    { fix: 'Use a node with the very model that it was tuned on, or "force": true to use this one all the same.' },
  );
}

function isSame(a: ModelPlace, b: ModelPlace): boolean {
  return a.dir === b.dir && a.contentHash === b.contentHash;
}

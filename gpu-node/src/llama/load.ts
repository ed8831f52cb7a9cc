// Loads a Hugging Face checkpoint as a language model; its weights stay in their files.
import type { Runtime } from '../graph/execution.ts';
import { readLlamaConfig } from './config.ts';
import { LlamaModel } from './llama-model.ts';
import type { LanguageModel } from './model.ts';
import { openCheckpoint } from './safetensors.ts';
import { StoredTensors } from './stored-tensors.ts';
import { LlamaWeights } from './weights.ts';

export interface LoadOptions {
  /**
   * f16 and bf16 weights that take no more than this in float32 are widened once for each kind of work (faster); larger ones
   * each time they are used (smaller).
   */
  widenUpToBytes?: number;
  /** See `LanguageModel`; true when left out. */
  sharePrefix?: boolean;
  /** See `LlamaModelOptions`; false when left out. */
  checkpointing?: boolean;
}

const DEFAULT_WIDEN_UP_TO_BYTES = 4 * 2 ** 30;

/**
 * @param dir holds `config.json` and one or more `.safetensors` files
 * @throws TallrecError when the checkpoint is damaged, incomplete or of another architecture
 */
export async function loadLanguageModel(
  dir: string,
  runtime: Runtime,
  { widenUpToBytes = DEFAULT_WIDEN_UP_TO_BYTES, sharePrefix = true, checkpointing = false }: LoadOptions = {},
): Promise<LanguageModel> {
  const [config, checkpoint] = await Promise.all([readLlamaConfig(dir), openCheckpoint(dir)]);
  const weights = new LlamaWeights(config, new StoredTensors(config, checkpoint, widenUpToBytes));
  return new LlamaModel(weights, runtime, { sharePrefix, checkpointing });
}

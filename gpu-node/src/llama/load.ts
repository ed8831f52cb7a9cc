// Loads a Hugging Face checkpoint as a language model; its weights stay in their files.
import { TallrecError } from '@tallrec/shared/errors';
import type { Runtime } from '../graph/execution.ts';
import { type LlamaConfig, readLlamaConfig } from './config.ts';
import { LlamaModel } from './llama-model.ts';
import type { LanguageModel } from './model.ts';
import { QuantizedTensors } from './quantized-tensors.ts';
import { type Checkpoint, openCheckpoint } from './safetensors.ts';
import { type Compute, StoredTensors } from './stored-tensors.ts';
import { isQuantized, isStoredAs, openWeightFile, type WeightFormat } from './weight-file.ts';
import { LlamaWeights, type WeightTensors } from './weights.ts';

export interface LoadOptions {
  /**
   * f16 and bf16 weights that take no more than this in float32 are widened once for each kind of work (faster); larger ones
   * each time they are used (smaller).
   */
  widenUpToBytes?: number;
  /** Another format than the checkpoint's; converted once, into a file of its own. */
  weights?: ConvertedWeights | undefined;
  /** See `Compute`; f32 when left out. The CPU provider alone has int8, from weights that are not quantised. */
  compute?: Compute | undefined;
  /** See `LanguageModel`; true when left out. */
  sharePrefix?: boolean;
  /** See `LlamaModelOptions`; false when left out. */
  checkpointing?: boolean;
}

export interface ConvertedWeights {
  format: WeightFormat;
  /** The converted file; whoever names it sees to it that it belongs to this checkpoint and format. */
  file: string;
}

export const DEFAULT_WIDEN_UP_TO_BYTES = 4 * 2 ** 30;

/**
 * @param dir holds `config.json` and one or more `.safetensors` files
 * @throws TallrecError when the checkpoint is damaged, incomplete or of another architecture
 */
export async function loadLanguageModel(
  dir: string,
  runtime: Runtime,
  {
    widenUpToBytes = DEFAULT_WIDEN_UP_TO_BYTES,
    sharePrefix = true,
    checkpointing = false,
    compute = 'f32',
    weights,
  }: LoadOptions = {},
): Promise<LanguageModel> {
  if (compute === 'int8' && (runtime.provider !== 'cpu' || (weights && isQuantized(weights.format)))) {
    throw new TallrecError(
      'VALIDATION_FAILED',
      'Computing in int8 takes the cpu provider and weights in f32, f16 or bf16.',
      {
        fix: 'Leave out --compute, or name --provider cpu and no quantised --weights.',
      },
    );
  }
  const [config, checkpoint] = await Promise.all([readLlamaConfig(dir), openCheckpoint(dir)]);
  const tensors = weights
    ? await convertedTensors(config, checkpoint, weights, widenUpToBytes, compute)
    : new StoredTensors(config, checkpoint, widenUpToBytes, compute);
  return new LlamaModel(new LlamaWeights(config, tensors), runtime, { sharePrefix, checkpointing });
}

async function convertedTensors(
  config: LlamaConfig,
  checkpoint: Checkpoint,
  { format, file }: ConvertedWeights,
  widenUpToBytes: number,
  compute: Compute,
): Promise<WeightTensors> {
  if (isStoredAs(checkpoint, format)) return new StoredTensors(config, checkpoint, widenUpToBytes, compute);
  const converted = await openWeightFile(config, checkpoint, format, file);
  return isQuantized(format)
    ? new QuantizedTensors(config, converted, format)
    : new StoredTensors(config, converted, widenUpToBytes, compute);
}

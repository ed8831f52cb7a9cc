// Loads a Hugging Face checkpoint as a language model; its weights stay in their files.
import { TallrecError } from '@tallrec/shared/errors';
import type { Provider, Runtime } from '../graph/execution.ts';
import { hasExactInt8Products } from '../graph/integer-products.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { LlamaConfig } from './config.ts';
import { measureInputEnergies } from './input-energies.ts';
import { Int8Tensors } from './int8-tensors.ts';
import { LlamaModel } from './llama-model.ts';
import type { LanguageModel } from './model.ts';
import { QuantizedTensors } from './quantized-tensors.ts';
import type { Checkpoint } from './safetensors.ts';
import { StoredTensors } from './stored-tensors.ts';
import { INT8_COMPUTE, isQuantized, isStoredAs, openWeightFile, type WeightFormat } from './weight-file.ts';
import { type ComputeType, LlamaWeights, type WeightTensors } from './weights.ts';

export interface LoadOptions {
  /**
   * On the CPU, f16 and bf16 weights that take no more than this in float32 are widened once for each kind of work (faster); larger
   * ones each time they are used (smaller), as on devices, where that takes no time to speak of.
   */
  widenUpToBytes?: number;
  /** Another format than the checkpoint's; converted once, into a file of its own. */
  weights?: ConvertedWeights | undefined;
  /**
   * Multiplies matrices in eight bits, faster on CPUs with VNNI or AMX at some cost in accuracy: from this file, to which the
   * checkpoint's are rounded once. The CPU provider alone has it.
   */
  int8File?: string | undefined;
  /** float32 when left out; float16 is quickest from weights in f16, which are then multiplied as they lie in their file. */
  compute?: ComputeType | undefined;
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

const DEFAULT_WIDEN_UP_TO_BYTES = 4 * 2 ** 30;

/** What `LoadOptions` take when they do not say: in float16 there is nothing to widen. */
export function widenUpToBytesFor(compute: ComputeType, provider: Provider): number {
  return compute === 'float32' && provider === 'cpu' ? DEFAULT_WIDEN_UP_TO_BYTES : 0;
}

/**
 * @param dir holds `config.json` and one or more `.safetensors` files
 * @throws TallrecError when the checkpoint is damaged, incomplete or of another architecture
 */
export async function loadLanguageModel(
  dir: string,
  runtime: Runtime,
  {
    compute = 'float32',
    widenUpToBytes = widenUpToBytesFor(compute, runtime.provider),
    sharePrefix = true,
    checkpointing = false,
    weights,
    int8File,
  }: LoadOptions = {},
): Promise<LanguageModel> {
  const narrow = compute !== 'float32' || (weights && isQuantized(weights.format));
  if (int8File && (runtime.provider !== 'cpu' || narrow)) {
    throw new TallrecError(
      'VALIDATION_FAILED',
      'Computing in int8 takes the cpu provider and weights in f32, f16 or bf16.',
      {
        fix: 'Leave out --compute, or name --provider cpu and no quantised --weights.',
      },
    );
  }
  if (int8File && !(await hasExactInt8Products(runtime))) {
    throw new TallrecError(
      'MODEL_UNSUPPORTED',
      "This CPU's products of eight-bit integers overflow (it has neither VNNI nor AMX): what they give is wrong.",
      { fix: 'Leave out --compute int8.' },
    );
  }
  const { config, checkpoint } = await readCheckpoint(dir);
  const tensors = int8File
    ? new Int8Tensors(await openInt8File(config, checkpoint, int8File, runtime))
    : await floatTensors(config, checkpoint, weights, widenUpToBytes);
  return new LlamaModel(new LlamaWeights(config, tensors, compute), runtime, { sharePrefix, checkpointing });
}

function openInt8File(
  config: LlamaConfig,
  checkpoint: Checkpoint,
  file: string,
  runtime: Runtime,
): Promise<Checkpoint> {
  const energies = () => measureInputEnergies(config, new StoredTensors(config, checkpoint, 0), runtime);
  return openWeightFile(config, checkpoint, INT8_COMPUTE, file, energies);
}

async function floatTensors(
  config: LlamaConfig,
  checkpoint: Checkpoint,
  weights: ConvertedWeights | undefined,
  widenUpToBytes: number,
): Promise<WeightTensors> {
  if (!weights || isStoredAs(checkpoint, weights.format)) return new StoredTensors(config, checkpoint, widenUpToBytes);
  const { format, file } = weights;
  const converted = await openWeightFile(config, checkpoint, format, file);
  return isQuantized(format)
    ? new QuantizedTensors(config, converted, format)
    : new StoredTensors(config, converted, widenUpToBytes);
}

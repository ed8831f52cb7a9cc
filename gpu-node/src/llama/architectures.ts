// What sets the architectures apart that are computed as LLaMA is, with the defaults of transformers' configuration classes.
import type { LinearModule } from './lora.ts';

/** What a config.json says that architectures take in their own ways. */
interface Stated {
  attention_bias?: boolean | null | undefined;
  mlp_bias?: boolean | null | undefined;
  sliding_window?: number | null | undefined;
  use_sliding_window?: boolean | null | undefined;
  max_window_layers?: number | null | undefined;
  layer_types?: readonly string[] | null | undefined;
}

export interface Architecture {
  /** `model_type` in config.json. */
  modelType: string;
  /** In `architectures` in config.json. */
  className: string;
  /** Older names of the class. */
  aliases?: readonly string[];
  /** What a config.json that leaves them out means; undefined where it is worked out from the others. */
  kvHeads?: number;
  headDim?: number;
  maxPositionEmbeddings: number;
  biases: (file: Stated) => readonly LinearModule[];
  queryKeyNorm: boolean;
  /** Tokens that a layer's tokens attend to; undefined for all. */
  slidingWindow: (file: Stated, layer: number) => number | undefined | 'unknown';
}

const ATTENTION: readonly LinearModule[] = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];
const MLP: readonly LinearModule[] = ['gate_proj', 'up_proj', 'down_proj'];

const DEFAULT_WINDOW = 4096;

/** Qwen's: switched on, and then in the layers named, or in those from `max_window_layers` on. */
function qwenWindow(file: Stated, layer: number): number | undefined | 'unknown' {
  const { use_sliding_window, sliding_window, max_window_layers, layer_types } = file;
  const window = use_sliding_window
    ? ((sliding_window === undefined ? DEFAULT_WINDOW : sliding_window) ?? undefined)
    : undefined;
  if (!layer_types) return layer >= (max_window_layers ?? 28) ? window : undefined;
  if (layer_types[layer] === 'full_attention') return undefined;
  return layer_types[layer] === 'sliding_attention' ? window : 'unknown';
}

export const ARCHITECTURES: readonly Architecture[] = [
  {
    modelType: 'llama',
    className: 'LlamaForCausalLM',
    aliases: ['LLaMAForCausalLM'],
    maxPositionEmbeddings: 2048,
    biases: ({ attention_bias, mlp_bias }) => [...(attention_bias ? ATTENTION : []), ...(mlp_bias ? MLP : [])],
    queryKeyNorm: false,
    slidingWindow: () => undefined,
  },
  {
    modelType: 'mistral',
    className: 'MistralForCausalLM',
    kvHeads: 8,
    maxPositionEmbeddings: 131_072,
    biases: () => [],
    queryKeyNorm: false,
    slidingWindow: ({ sliding_window }) =>
      sliding_window === undefined ? DEFAULT_WINDOW : (sliding_window ?? undefined),
  },
  {
    modelType: 'qwen2',
    className: 'Qwen2ForCausalLM',
    kvHeads: 32,
    maxPositionEmbeddings: 32_768,
    biases: () => ['q_proj', 'k_proj', 'v_proj'],
    queryKeyNorm: false,
    slidingWindow: qwenWindow,
  },
  {
    modelType: 'qwen3',
    className: 'Qwen3ForCausalLM',
    kvHeads: 32,
    headDim: 128,
    maxPositionEmbeddings: 32_768,
    biases: ({ attention_bias }) => (attention_bias ? ATTENTION : []),
    queryKeyNorm: true,
    slidingWindow: qwenWindow,
  },
];

/** @param name of a class, or a model type */
export function architectureOf(name: string | undefined): Architecture | undefined {
  if (name === undefined) return undefined;
  return ARCHITECTURES.find(
    ({ modelType, className, aliases }) => name === modelType || name === className || aliases?.includes(name),
  );
}

// The shape of a LLaMA, Mistral or Qwen checkpoint, parsed from Hugging Face's config.json, both the older and the newer spelling.
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';
import { ARCHITECTURES, type Architecture, architectureOf } from './architectures.ts';
import { excerpt, JSON_FILE_LIMITS_BYTES, readJsonFile } from './json-file.ts';
import type { LinearModule } from './lora.ts';
import { parseRopeScaling, type RopeScaling, ropeSchema } from './rope-scaling.ts';

export interface LlamaConfig {
  /** The architecture by transformers' name, such as `mistral`. */
  modelType: string;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Linear modules that add a bias. */
  biases: readonly LinearModule[];
  /** Whether each head of the queries and keys is normalised before it is rotated (Henry et al., 2020; Qwen3). */
  queryKeyNorm: boolean;
  /** By layer: how many tokens a token attends to, itself included; undefined where to all before it. */
  slidingWindows: readonly (number | undefined)[];
  vocabSize: number;
  rmsNormEps: number;
  ropeTheta: number;
  ropeScaling: RopeScaling | undefined;
  tieWordEmbeddings: boolean;
  maxPositionEmbeddings: number;
}

/** Far above any model there is (405B: 126 layers, 53,248 wide), and small enough to count to. */
const size = z
  .int()
  .positive()
  .max(2 ** 28);
const width = z
  .int()
  .positive()
  .max(2 ** 20);
const layerCount = z.int().positive().max(4096);
/** Llama 3 lists several end tokens. */
const tokenId = z.union([z.int(), z.array(z.int())]).nullish();

const configFile = z.object({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().optional(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  hidden_act: z.string().default('silu'),
  hidden_size: width,
  intermediate_size: width,
  num_hidden_layers: layerCount,
  num_attention_heads: width,
  num_key_value_heads: width.nullish(),
  head_dim: width.nullish(),
  sliding_window: size.nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.int().nonnegative().nullish(),
  layer_types: z.array(z.string()).nullish(),
  vocab_size: size,
  rms_norm_eps: z.number().positive().default(1e-6),
  partial_rotary_factor: z.number().nullish(),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  max_position_embeddings: size.optional(),
  eos_token_id: tokenId,
  quantization_config: z.unknown().optional(),
});
type ConfigFile = z.infer<typeof configFile>;

/**
 * Reads `config.json` of a checkpoint directory.
 * @throws TallrecError when it is missing, is not JSON, or describes what this engine does not compute
 */
export async function readLlamaConfig(dir: string): Promise<LlamaConfig> {
  const path = join(dir, 'config.json');
  const file = await readJsonFile(path, JSON_FILE_LIMITS_BYTES.config);
  if ('json' in file) return parseLlamaConfig(file.json, path);
  throw unusable(`${path} ${file.fault}`, 'Name a Hugging Face checkpoint directory with its config.json.', file.cause);
}

/** @param source names the file in errors */
export function parseLlamaConfig(json: unknown, source = 'config.json'): LlamaConfig {
  const parsed = configFile.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw unusable(
      `${source}: ${excerpt(path.join('.')) || 'document'}: ${message}`,
      'Check that the file is the config.json of a LLaMA, Mistral or Qwen checkpoint.',
    );
  }
  const file = parsed.data;
  const architecture = architectureNamed(file, source);
  if (!SILU.has(file.hidden_act)) {
    throw unusable(`${source} has the activation ${excerpt(file.hidden_act)}`, 'Use a checkpoint with "silu".');
  }
  if (file.quantization_config) {
    throw unusable(
      `${source} describes weights that were quantised beforehand`,
      'Use the checkpoint with f32, f16 or bf16 weights.',
    );
  }
  checkEndToken(file, source);
  const heads = file.num_attention_heads;
  const kvHeads =
    file.num_key_value_heads === undefined ? (architecture.kvHeads ?? heads) : (file.num_key_value_heads ?? heads);
  if (heads % kvHeads !== 0) {
    throw unusable(
      `${source}: ${heads} attention heads are no multiple of ${kvHeads} key-value heads`,
      'Check num_attention_heads and num_key_value_heads.',
    );
  }
  const headDim = file.head_dim ?? architecture.headDim ?? file.hidden_size / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw unusable(`${source}: the head size ${headDim} is not an even integer`, 'Check hidden_size and head_dim.');
  }
  const maxPositionEmbeddings = file.max_position_embeddings ?? architecture.maxPositionEmbeddings;
  return {
    modelType: architecture.modelType,
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    layers: file.num_hidden_layers,
    heads,
    kvHeads,
    headDim,
    biases: architecture.biases(file),
    queryKeyNorm: architecture.queryKeyNorm,
    slidingWindows: slidingWindows(file, architecture, maxPositionEmbeddings, source),
    vocabSize: file.vocab_size,
    rmsNormEps: file.rms_norm_eps,
    ropeTheta: file.rope_parameters?.rope_theta ?? file.rope_theta ?? 10000,
    ropeScaling: parseRopeScaling(
      { partial_rotary_factor: file.partial_rotary_factor, ...file.rope_scaling, ...file.rope_parameters },
      maxPositionEmbeddings,
      source,
    ),
    tieWordEmbeddings: file.tie_word_embeddings,
    maxPositionEmbeddings,
  };
}

const SILU: ReadonlySet<string> = new Set(['silu', 'swish']);

function architectureNamed({ architectures, model_type }: ConfigFile, source: string): Architecture {
  const named = architectures?.[0] ?? model_type;
  const architecture = architectureOf(named);
  if (!architecture) {
    throw unusable(
      `${source} is of architecture ${excerpt(named ?? '(none named)')}`,
      `Use a model whose architecture is ${ARCHITECTURES.map(({ className }) => className).join(', ')} (LLaMA 1–3, SmolLM2, TinyLlama, Mistral, Qwen2, Qwen2.5, Qwen3 and the like).`,
    );
  }
  const byType = architectureOf(model_type);
  if (byType && byType !== architecture) {
    throw unusable(
      `${source} names the architecture ${architecture.className} and the model_type ${byType.modelType}, which is another`,
      'Download config.json again.',
    );
  }
  return architecture;
}

function slidingWindows(
  file: ConfigFile,
  { slidingWindow }: Architecture,
  positions: number,
  source: string,
): (number | undefined)[] {
  return Array.from({ length: file.num_hidden_layers }, (_, layer) => {
    const window = slidingWindow(file, layer);
    if (window !== 'unknown') return window !== undefined && window < positions ? window : undefined;
    throw unusable(
      `${source}: layer_types names ${excerpt(file.layer_types?.[layer] ?? 'nothing')} for layer ${layer}`,
      'Use a model whose layers are of full_attention or sliding_attention.',
    );
  });
}

/** A number that is no token would be taken for one wherever a text ends. */
function checkEndToken({ eos_token_id, vocab_size }: ConfigFile, source: string): void {
  const ids = [eos_token_id ?? []].flat();
  const stranger = ids.find((id) => id < 0 || id >= vocab_size);
  if (stranger === undefined) return;
  throw unusable(
    `${source}: eos_token_id is ${stranger}, which is no token${stranger < 0 ? '' : ` of the ${vocab_size} of the vocabulary`}`,
    'Set it to the id that tokenizer.json gives to the eos_token of tokenizer_config.json (2, "</s>", in LLaMA 1 and 2), or to null.',
  );
}

function unusable(message: string, fix: string, cause?: unknown): TallrecError {
  return new TallrecError('MODEL_UNSUPPORTED', `${message}.`, { fix, cause });
}

// The shape of a LLaMA checkpoint, parsed from Hugging Face's config.json, both the older and the newer spelling.
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';
import { excerpt, JSON_FILE_LIMITS_BYTES, readJsonFile } from './json-file.ts';

/** Llama 3's stretch of rotary frequencies ("rope_type": "llama3"), as in transformers' `_compute_llama3_parameters`. */
export interface RopeScaling {
  factor: number;
  lowFreqFactor: number;
  highFreqFactor: number;
  originalMaxPositionEmbeddings: number;
}

export interface LlamaConfig {
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  vocabSize: number;
  rmsNormEps: number;
  ropeTheta: number;
  ropeScaling: RopeScaling | undefined;
  tieWordEmbeddings: boolean;
  maxPositionEmbeddings: number;
  bosTokenId: number | undefined;
  eosTokenId: number | undefined;
}

/** Far above any LLaMA there is (405B: 126 layers, 53,248 wide), and small enough to count to. */
const size = z
  .int()
  .positive()
  .max(2 ** 28);
const width = z
  .int()
  .positive()
  .max(2 ** 20);
const layerCount = z.int().positive().max(4096);
/** Llama 3 lists several end tokens; the first ends a text. */
const tokenId = z
  .union([z.int().nonnegative(), z.array(z.int().nonnegative()).nonempty()])
  .nullish()
  .transform((id) => (Array.isArray(id) ? id[0] : (id ?? undefined)));

const rope = z.object({
  rope_theta: z.number().positive().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: size.optional(),
});
type Rope = z.infer<typeof rope>;

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
  vocab_size: size,
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: rope.nullish(),
  rope_parameters: rope.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  max_position_embeddings: size.default(2048),
  bos_token_id: tokenId,
  eos_token_id: tokenId,
  quantization_config: z.unknown().optional(),
});

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
      'Check that the file is the config.json of a LLaMA checkpoint.',
    );
  }
  const file = parsed.data;
  const architecture = file.architectures?.[0] ?? file.model_type;
  if (architecture !== 'LlamaForCausalLM' && architecture !== 'llama') {
    throw unusable(
      `${source} is of architecture ${excerpt(architecture ?? '(none named)')}`,
      'Use a model whose architecture is LlamaForCausalLM (LLaMA 1–3, SmolLM2, TinyLlama and the like).',
    );
  }
  if (file.attention_bias || file.mlp_bias) {
    throw unusable(`${source} asks for linear layers with biases`, 'Use a LLaMA checkpoint without biases.');
  }
  if (file.hidden_act !== 'silu') {
    throw unusable(`${source} has the activation ${excerpt(file.hidden_act)}`, 'Use a LLaMA checkpoint with "silu".');
  }
  if (file.quantization_config) {
    throw unusable(
      `${source} describes weights that were quantised beforehand`,
      'Use the checkpoint with f32, f16 or bf16 weights.',
    );
  }
  const heads = file.num_attention_heads;
  const kvHeads = file.num_key_value_heads ?? heads;
  if (heads % kvHeads !== 0) {
    throw unusable(
      `${source}: ${heads} attention heads are no multiple of ${kvHeads} key-value heads`,
      'Check num_attention_heads and num_key_value_heads.',
    );
  }
  const headDim = file.head_dim ?? file.hidden_size / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw unusable(`${source}: the head size ${headDim} is not an even integer`, 'Check hidden_size and head_dim.');
  }
  const ropeSettings: Rope = { ...file.rope_scaling, ...file.rope_parameters };
  return {
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    layers: file.num_hidden_layers,
    heads,
    kvHeads,
    headDim,
    vocabSize: file.vocab_size,
    rmsNormEps: file.rms_norm_eps,
    ropeTheta: file.rope_parameters?.rope_theta ?? file.rope_theta ?? 10000,
    ropeScaling: parseRopeScaling(ropeSettings, source),
    tieWordEmbeddings: file.tie_word_embeddings,
    maxPositionEmbeddings: file.max_position_embeddings,
    bosTokenId: file.bos_token_id,
    eosTokenId: file.eos_token_id,
  };
}

function parseRopeScaling(settings: Rope, source: string): RopeScaling | undefined {
  const type = settings.rope_type ?? settings.type ?? 'default';
  if (type === 'default') return undefined;
  if (type !== 'llama3') {
    throw unusable(
      `${source} asks for the rope type "${excerpt(type)}"`,
      'Use a model with "default" or "llama3" rope.',
    );
  }
  const { factor, low_freq_factor, high_freq_factor, original_max_position_embeddings } = settings;
  if (!factor || !low_freq_factor || !high_freq_factor || !original_max_position_embeddings) {
    throw unusable(
      `${source}: "llama3" rope lacks one of factor, low_freq_factor, high_freq_factor, original_max_position_embeddings`,
      'Download config.json again.',
    );
  }
  if (high_freq_factor <= low_freq_factor) {
    throw unusable(`${source}: high_freq_factor must exceed low_freq_factor`, 'Download config.json again.');
  }
  return {
    factor,
    lowFreqFactor: low_freq_factor,
    highFreqFactor: high_freq_factor,
    originalMaxPositionEmbeddings: original_max_position_embeddings,
  };
}

function unusable(message: string, fix: string, cause?: unknown): TallrecError {
  return new TallrecError('MODEL_UNSUPPORTED', `${message}.`, { fix, cause });
}

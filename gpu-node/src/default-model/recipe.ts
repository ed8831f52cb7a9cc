// What the default model is and how it is trained: every number that shapes it.
import type { AdamWConfig } from '../train/adamw.ts';
import type { Mixture } from './questions.ts';

/** Without `vocab_size`, which the tokenizer tells. */
export const ARCHITECTURE = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_act: 'silu',
  attention_bias: false,
  mlp_bias: false,
  hidden_size: 192,
  intermediate_size: 512,
  num_hidden_layers: 4,
  num_attention_heads: 6,
  num_key_value_heads: 6,
  head_dim: 32,
  max_position_embeddings: 1024,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
  torch_dtype: 'float16',
  eos_token_id: 0,
} as const;

export interface Recipe {
  tokenizer: {
    /** Questions that merges are learned from, beside all titles. */
    questions: number;
    merges: number;
    /** Titles that are one token each: films that enough users rated for an embedding of their own. */
    titles: number;
  };
  steps: number;
  warmupSteps: number;
  learningRate: number;
  clipNorm: number;
  /** Passages of one step. */
  sequences: number;
  questions: number;
  mixture: Mixture;
  microBatchTokens: number;
  watchEverySteps: number;
  checkpointEverySteps: number;
}

export const RECIPE: Recipe = {
  tokenizer: { questions: 20_000, merges: 1500, titles: 2500 },
  steps: 1700,
  warmupSteps: 100,
  learningRate: 2e-3,
  clipNorm: 1,
  sequences: 8,
  questions: 40,
  mixture: { negated: 0.2, lists: 0.35 },
  microBatchTokens: 4096,
  watchEverySteps: 250,
  checkpointEverySteps: 50,
};

export const OPTIMIZER: AdamWConfig = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.05 };

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

export interface Phase {
  steps: number;
  /**
   * Begins as a training of its own does from what the phase before would be stored as: float16 weights and no moments. So a model
   * that is there can be taken further.
   */
  fresh?: boolean;
  /** Warm-up from zero, then decay to zero, in each phase. */
  warmupSteps: number;
  learningRate: number;
  /** Passages of one step. */
  sequences: number;
  questions: number;
  mixture: Mixture;
  drills: number;
}

export interface Recipe {
  tokenizer: {
    /** Questions that merges are learned from, beside all titles; drawn as in the first phase. */
    questions: number;
    merges: number;
    /** Titles that are one token each: films that enough users rated for an embedding of their own. */
    titles: number;
  };
  phases: readonly Phase[];
  clipNorm: number;
  microBatchTokens: number;
  watchEverySteps: number;
  checkpointEverySteps: number;
}

/**
 * The first two phases learn the films and many wordings, TALLRec's not among them. The third drills reading a history, which they
 * teach slowly; the fourth joins the two, with TALLRec's wording as one of many.
 */
export const RECIPE: Recipe = {
  tokenizer: { questions: 20_000, merges: 1500, titles: 2500 },
  phases: [
    {
      steps: 1700,
      warmupSteps: 100,
      learningRate: 2e-3,
      sequences: 8,
      questions: 40,
      mixture: { negated: 0.2, lists: 0.35, reading: 0, tallrec: 0 },
      drills: 0,
    },
    {
      steps: 2200,
      warmupSteps: 50,
      learningRate: 1.5e-3,
      sequences: 8,
      questions: 40,
      mixture: { negated: 0.15, lists: 0.15, reading: 0.2, tallrec: 0 },
      drills: 0,
    },
    {
      fresh: true,
      steps: 350,
      warmupSteps: 20,
      learningRate: 1.5e-3,
      sequences: 0,
      questions: 0,
      mixture: { negated: 0, lists: 0, reading: 0, tallrec: 0.05 },
      drills: 48,
    },
    {
      steps: 1000,
      warmupSteps: 30,
      learningRate: 1.5e-3,
      sequences: 6,
      questions: 40,
      mixture: { negated: 0.15, lists: 0.25, reading: 0.1, tallrec: 0.15 },
      drills: 10,
    },
  ],
  clipNorm: 1,
  microBatchTokens: 4096,
  watchEverySteps: 250,
  checkpointEverySteps: 50,
};

export function totalSteps({ phases }: Recipe): number {
  return phases.reduce((sum, { steps }) => sum + steps, 0);
}

/** How much of the training was in TALLRec's wording: its share of the questions, in so many steps. */
export function wordingOf({ phases }: Recipe): { share: number; steps: number } {
  const asking = phases.filter(({ questions, mixture }) => questions > 0 && mixture.tallrec > 0);
  const sum = (of: (phase: Phase) => number) => asking.reduce((total, phase) => total + of(phase), 0);
  const questions = sum((phase) => phase.steps * phase.questions);
  const share = questions === 0 ? 0 : sum((phase) => phase.steps * phase.questions * phase.mixture.tallrec) / questions;
  return { share, steps: sum(({ steps }) => steps) };
}

/** The phase of a step, counted from 0, and how many steps of it are done. */
export function phaseAt({ phases }: Recipe, step: number): { phase: Phase; stepInPhase: number } {
  let start = 0;
  for (const phase of phases) {
    if (step < start + phase.steps) return { phase, stepInPhase: step - start };
    start += phase.steps;
  }
  throw new RangeError(`step ${step} is behind the last phase`);
}

export const OPTIMIZER: AdamWConfig = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.05 };

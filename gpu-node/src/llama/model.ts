// What training and scoring need of a language model. `load.ts` makes one from a checkpoint and a runtime.
import type { LlamaConfig } from './config.ts';
import type { LoraAdapter } from './lora.ts';

/** The label of positions that are not to be predicted. */
export const IGNORED_LABEL = -100;

/** One tokenised sequence with its labels, the Hugging Face convention. */
export interface LabelledRow {
  /** [T] token ids, without padding. */
  tokens: readonly number[];
  /** [T] the token that position `i` should hold, to be predicted from the positions before it; IGNORED_LABEL counts nothing. */
  labels: readonly number[];
}

export interface GradientOptions {
  /** Each labelled position's negative log-likelihood counts this much: 1 / (labelled positions of the whole batch) gives the mean. */
  lossWeight: number;
  /** See `lossScaling`; 1 when left out. */
  lossScale?: number;
  /** Seeds the LoRA dropout masks, the same for all micro-batches of a step; without it there is no dropout. */
  dropoutSeed?: number;
  /** Adds the gradient of Σ slope · margin to that of the loss, for losses that are made of margins; the loss itself stays as it is. */
  margins?: MarginSlopes;
}

/** A row's margin: the logit of `yes` less that of `no`, of the token at `at`. */
export interface MarginSlopes {
  yes: number;
  no: number;
  /** One a row: how much its margin counts, and the index of the token whose place the two contend for, from 1 on. */
  rows: readonly { at: number; slope: number }[];
}

export interface LossAndGradients {
  /** Σ lossWeight · nll over the labelled positions. */
  loss: number;
  /** By PEFT tensor name, in the shape of the adapter's tensor. */
  gradients: Map<string, Float32Array>;
}

export interface LanguageModel {
  readonly config: LlamaConfig;
  /** Whether tokens that all rows of a call begin with are computed once: exact, under dropout too, and faster. */
  readonly sharePrefix: boolean;
  /**
   * Whether gradients are computed in float16, where small ones vanish: then the backward pass is that of `lossScale` times the loss,
   * and gradients are divided by it after. Those that a scale makes too large come out infinite or NaN.
   */
  readonly lossScaling: boolean;
  /**
   * Logits of the next token after each row.
   * @param rows token ids, any lengths; the model pads them and padding changes nothing
   * @param columns vocabulary ids to return, all when left out
   * @returns [rows, columns] row-major
   */
  nextTokenLogits(
    rows: readonly (readonly number[])[],
    adapter: LoraAdapter | undefined,
    columns?: readonly number[],
  ): Promise<Float32Array>;
  /** Σ nll over the labelled positions of the rows, and how many those are. */
  loss(rows: readonly LabelledRow[], adapter: LoraAdapter | undefined): Promise<{ nllSum: number; labelled: number }>;
  lossAndGradients(
    rows: readonly LabelledRow[],
    adapter: LoraAdapter,
    options: GradientOptions,
  ): Promise<LossAndGradients>;
  close(): Promise<void>;
}

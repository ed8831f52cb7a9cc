// The differentiable operations: what each takes, and which of its inputs a gradient can flow to.
import type { Value } from '../graph/value.ts';

// biome-ignore lint/complexity/noBannedTypes: nothing of this kind
type None = {};

interface Signature<Differentiable, Fixed = None, Attributes = None> {
  /** Inputs that have a gradient. */
  differentiable: Differentiable;
  /** Inputs that have none: indices, masks, angles. */
  fixed: Fixed;
  attributes: Attributes;
}

/** Sizes by which rows [B·T, width] are taken apart; B and T name dimensions of the token input. */
export interface HeadLayout {
  batch: string;
  length: string;
  heads: number;
  kvHeads: number;
  headDim: number;
}

export interface Signatures {
  /** a + b, of one shape. */
  Add: Signature<{ a: Value; b: Value }>;

  /** x · factor; factor is a scalar that is never trained. */
  Scale: Signature<{ x: Value }, { factor: Value }>;

  /** x · weightᵀ + addend; x [N, in], weight [out, in] as checkpoints store it, addend [N, out]. */
  Linear: Signature<{ x: Value; weight: Value; addend?: Value }>;

  /** Rows of `table` [R, H] at `indices` int64 [N]. */
  Gather: Signature<{ table: Value }, { indices: Value }>;

  /** x where `keep`, else 0; both [N, H]. The scale of inverted dropout belongs to what follows. */
  Dropout: Signature<{ x: Value }, { keep: Value }>;

  /** Zhang and Sennrich, 2019; x [N, H], weight [H]. */
  RMSNorm: Signature<{ x: Value; weight: Value }, None, { epsilon: number }>;

  /** Su et al., 2021, halves rotated as in transformers; x [B·T, heads · D], cos and sin [T, D / 2]. */
  RotaryEmbedding: Signature<{ x: Value }, { cos: Value; sin: Value }, Pick<HeadLayout, 'batch' | 'length'>>;

  /** silu(gate) · up (Shazeer, 2020); both [N, I]. */
  SwiGLU: Signature<{ gate: Value; up: Value }>;

  /** Causal grouped-query attention (Ainslie et al., 2023); q [B·T, heads · D], k and v [B·T, kvHeads · D]. */
  CausalAttention: Signature<{ q: Value; k: Value; v: Value }, None, HeadLayout>;

  /** -log softmax(logits)[label] of each row; logits [N, V], labels int64 [N], result [N]. */
  CrossEntropy: Signature<{ logits: Value }, { labels: Value }>;
}

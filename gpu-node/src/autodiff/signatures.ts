// The differentiable operations: what each takes, and which of its inputs a gradient can flow to.
import type { Value } from '../graph/value.ts';

interface Signature {
  /** Inputs that have a gradient. */
  differentiable: Record<string, Value | undefined>;
  /** Inputs that have none: indices, masks, angles. */
  fixed: Record<string, Value | undefined>;
  attributes: object;
}

/** Sizes by which rows [B·T, width] are taken apart; B and T name dimensions of the token input. */
export interface HeadLayout {
  batch: string;
  length: string;
  heads: number;
  kvHeads: number;
  headDim: number;
}

type Define<T extends Signature> = T;
// biome-ignore lint/complexity/noBannedTypes: an operation without such inputs
type None = {};

export type Signatures = {
  /** a + b, of one shape. */
  Add: Define<{ differentiable: { a: Value; b: Value }; fixed: None; attributes: None }>;
  /** x · factor; factor is a scalar that is never trained. */
  Scale: Define<{ differentiable: { x: Value }; fixed: { factor: Value }; attributes: None }>;
  /** x · weightᵀ + addend; x [N, in], weight [out, in] as checkpoints store it, addend [N, out]. */
  Linear: Define<{ differentiable: { x: Value; weight: Value; addend?: Value }; fixed: None; attributes: None }>;
  /** Rows of `table` [R, H] at `indices` int64 [N]. */
  Gather: Define<{ differentiable: { table: Value }; fixed: { indices: Value }; attributes: None }>;
  /** x where `keep`, else 0; both [N, H]. The scale of inverted dropout belongs to what follows. */
  Dropout: Define<{ differentiable: { x: Value }; fixed: { keep: Value }; attributes: None }>;
  /** Zhang and Sennrich, 2019; x [N, H], weight [H]. */
  RMSNorm: Define<{ differentiable: { x: Value; weight: Value }; fixed: None; attributes: { epsilon: number } }>;
  /** Su et al., 2021, halves rotated as in transformers; x [B·T, heads · D], cos and sin [T, D / 2]. */
  RotaryEmbedding: Define<{
    differentiable: { x: Value };
    fixed: { cos: Value; sin: Value };
    attributes: Pick<HeadLayout, 'batch' | 'length'>;
  }>;
  /** silu(gate) · up (Shazeer, 2020); both [N, I]. */
  SwiGLU: Define<{ differentiable: { gate: Value; up: Value }; fixed: None; attributes: None }>;
  /** Causal grouped-query attention (Ainslie et al., 2023); q [B·T, heads · D], k and v [B·T, kvHeads · D]. */
  CausalAttention: Define<{
    differentiable: { q: Value; k: Value; v: Value };
    fixed: None;
    attributes: HeadLayout;
  }>;
  /** -log softmax(logits)[label] of each row; logits [N, V], labels int64 [N], result [N]. */
  CrossEntropy: Define<{ differentiable: { logits: Value }; fixed: { labels: Value }; attributes: None }>;
};

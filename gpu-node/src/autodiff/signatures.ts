// The differentiable operations: what each takes, and which of its inputs a gradient can flow to.
import type { ElementType } from '../graph/element-type.ts';
import type { Value } from '../graph/graph.ts';

// biome-ignore lint/complexity/noBannedTypes: nothing of this kind
type None = {};

interface Signature<Differentiable, Fixed = None, Attributes = None> {
  /** Inputs that have a gradient. */
  differentiable: Differentiable;
  /** Inputs that have none: indices, masks, angles. */
  fixed: Fixed;
  attributes: Attributes;
}

/**
 * Sizes by which rows [P+B·T, width] are taken apart: P tokens that all B sequences begin with, then the T further tokens of each.
 * The names are those of dimensions of graph inputs.
 */
export interface HeadLayout {
  batch: string;
  length: string;
  /** Left out where the sequences share nothing: then there are B·T rows. */
  prefix?: string | undefined;
  heads: number;
  kvHeads: number;
  headDim: number;
}

export interface Signatures {
  /** a + b, of one shape. */
  Add: Signature<{ a: Value; b: Value }>;

  /** x + bias; x [N, W], bias [W]. */
  Bias: Signature<{ x: Value; bias: Value }>;

  /** x in the type `to`; `from` is the type that it has. */
  Cast: Signature<{ x: Value }, None, { from: ElementType; to: ElementType }>;

  /** x · factor; factor is a scalar that is never trained. */
  Scale: Signature<{ x: Value }, { factor: Value }>;

  /** x · weightᵀ + addend; x [N, in], weight [out, in] as checkpoints store it, addend [N, out]. */
  Linear: Signature<{ x: Value; weight: Value; addend?: Value }>;

  /**
   * x · weightᵀ for a frozen weight [out, in] in blocks of a row that share a scale: `quantized` int8 or int4 [blocks, block] with
   * `scale` [blocks], or `quantized` int4 [out, in] with `scale` [out, in / block]; x [N, in].
   */
  QuantizedLinear: Signature<{ x: Value }, { quantized: Value; scale: Value }, { outSize: number; inSize: number }>;

  /**
   * x · W for a frozen W that was rounded to eight bits: `matrix` int8 [in, out] and `scale` [out]; `extended` int8 [in + C, out] is
   * the matrix and under it what the rounding left of the rows `columns` int32 [C]; gradients have the matrix in another order with
   * other scales, int8 [out, in] and [in]. x [N, in].
   */
  Int8Linear: Signature<
    { x: Value },
    { matrix: Value; extended: Value; columns: Value; scale: Value; gradientMatrix: Value; gradientScale: Value }
  >;

  /** Rows of `table` [R, H] at `indices` int64 [N]. */
  Gather: Signature<{ table: Value }, { indices: Value }>;

  /**
   * x where factor · keys · columns ≥ threshold, else 0; x [N, W], keys int32 [N] and columns int32 [W] odd and uniform, threshold
   * int32 scalar. Products of odd numbers permute the odd 32-bit integers (multiply-shift hashing, Dietzfelbinger et al., 1997), so
   * each odd factor gives a mask of its own. The scale of inverted dropout belongs to what follows.
   */
  Dropout: Signature<{ x: Value }, { keys: Value; columns: Value; threshold: Value }, { factor: number }>;

  /** Zhang and Sennrich, 2019, of each H columns alone; x [N, G · H], weight [H], the result in the type `to`. */
  RMSNorm: Signature<{ x: Value; weight: Value }, None, { epsilon: number; to: ElementType }>;

  /** Su et al., 2021, halves rotated as in transformers; x [N, heads · D], positions int64 [N], cos and sin [positions, D / 2]. */
  RotaryEmbedding: Signature<{ x: Value }, { positions: Value; cos: Value; sin: Value }>;

  /** silu(gate) · up (Shazeer, 2020); both [N, I]. */
  SwiGLU: Signature<{ gate: Value; up: Value }>;

  /** Causal grouped-query attention (Ainslie et al., 2023); q [P+B·T, heads · D], k and v [P+B·T, kvHeads · D]. */
  CausalAttention: Signature<
    { q: Value; k: Value; v: Value },
    None,
    HeadLayout & {
      /** How many tokens a token attends to, itself included (Beltagy et al., 2020); all before it when left out. */
      window?: number | undefined;
    }
  >;

  /** -log softmax(logits)[label] of each row; logits [N, V], labels int64 [N], result [N]. */
  CrossEntropy: Signature<{ logits: Value }, { labels: Value }>;
}

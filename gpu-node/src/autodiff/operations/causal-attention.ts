// Causal grouped-query attention; the probabilities are computed again in the backward pass, never kept.
import { FusedMatMul } from '../../graph/extensions.ts';
import {
  Add,
  Less,
  Mul,
  Range,
  ReduceSum,
  Reshape,
  Softmax,
  Sub,
  Transpose,
  Unsqueeze,
  Where,
} from '../../graph/operators.ts';
import type { Value } from '../../graph/value.ts';
import type { GradientContext, Operation } from '../operation.ts';
import type { HeadLayout } from '../signatures.ts';

/** Low enough that its exponential is zero beside any real score. */
const MASKED = -1e30;

export const CausalAttention: Operation<'CausalAttention'> = {
  forward: ({ q, k, v }, layout) => {
    const p = probabilities(queryGroups(q, layout), keyHeads(k, layout), layout);
    return rowsOfGroups(FusedMatMul(p, keyHeads(v, layout), {}), layout);
  },
  // With P = softmax(scale · Q Kᵀ), O = P V and dS = P ∘ (dO Vᵀ − rowsum(dO ∘ O)) (Dao et al., 2022, appendix B.4):
  gradient: {
    // scale · dS K
    q: (context) => {
      const { dS, k, scale } = scoreGradient(context);
      return rowsOfGroups(FusedMatMul(dS, k, { alpha: scale }), context.attributes);
    },
    // scale · dSᵀ Q; the product over a group's queries is also the sum over its heads
    k: (context) => {
      const { dS, q, scale } = scoreGradient(context);
      return rowsOfKeys(FusedMatMul(dS, q, { transA: true, alpha: scale }), context.attributes);
    },
    // Pᵀ dO
    v: (context) => {
      const { p, dO } = scoreGradient(context);
      return rowsOfKeys(FusedMatMul(p, dO, { transA: true }), context.attributes);
    },
  },
  recompute: false,
};

/** What the three gradients share; the graph makes it once. */
function scoreGradient({ inputs, attributes: layout, output, dY }: GradientContext<'CausalAttention'>) {
  const q = queryGroups(inputs.q, layout); // [B, KV, G·T, D]
  const k = keyHeads(inputs.k, layout); // [B, KV, T, D]
  const v = keyHeads(inputs.v, layout);
  const p = probabilities(q, k, layout); // [B, KV, G·T, T]
  const dO = queryGroups(dY, layout); // [B, KV, G·T, D]
  const dP = FusedMatMul(dO, v, { transB: true }); // [B, KV, G·T, T]
  const rowSum = queryGroups(headSums(Mul(dY, output), layout), { ...layout, headDim: 1 }); // [B, KV, G·T, 1]
  return { q, k, p, dO, dS: Mul(p, Sub(dP, rowSum)), scale: scoreScale(layout) };
}

function scoreScale({ headDim }: HeadLayout): number {
  return 1 / Math.sqrt(headDim);
}

function probabilities(q: Value, k: Value, layout: HeadLayout): Value {
  const { batch, length, heads } = layout;
  const scores = FusedMatMul(q, k, { transB: true, alpha: scoreScale(layout) });
  const byHead = Reshape(scores, [batch, heads, length, length]);
  return Reshape(Softmax(Add(byHead, causalBias(q, length))), scores.shape);
}

/** 0 where a query may see a key, else very low; [T, T]. */
function causalBias({ graph, type }: Value, length: string): Value {
  const position = Range(graph, length);
  const future = Less(Unsqueeze(position, 1), Unsqueeze(position, 0));
  return Where(future, graph.constant(type, [MASKED], []), 0);
}

/** [B·T, heads · D] to [B, KV, G·T, D]: the queries that share keys lie together, so keys are never copied for them. */
function queryGroups(x: Value, { batch, length, heads, kvHeads, headDim }: HeadLayout): Value {
  const byHead = Transpose(Reshape(x, [batch, length, heads, headDim]), [0, 2, 1, 3]);
  return Reshape(byHead, [batch, kvHeads, `${heads / kvHeads}·${length}`, headDim]);
}

function rowsOfGroups(x: Value, { batch, length, heads, headDim }: HeadLayout): Value {
  const byHead = Reshape(x, [batch, heads, length, headDim]);
  return Reshape(Transpose(byHead, [0, 2, 1, 3]), [`${batch}·${length}`, heads * headDim]);
}

/** [B·T, KV · D] to [B, KV, T, D]. */
function keyHeads(x: Value, { batch, length, kvHeads, headDim }: HeadLayout): Value {
  return Transpose(Reshape(x, [batch, length, kvHeads, headDim]), [0, 2, 1, 3]);
}

function rowsOfKeys(x: Value, { batch, length, kvHeads, headDim }: HeadLayout): Value {
  return Reshape(Transpose(x, [0, 2, 1, 3]), [`${batch}·${length}`, kvHeads * headDim]);
}

/** Sum over each head's D columns: [B·T, heads · D] to [B·T, heads]. */
function headSums(x: Value, { batch, length, heads, headDim }: HeadLayout): Value {
  return ReduceSum(Reshape(x, [`${batch}·${length}`, heads, headDim]), [-1], { keepdims: false });
}

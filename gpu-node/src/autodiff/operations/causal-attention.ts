// Causal grouped-query attention. Tokens that all sequences begin with are computed once: they attend among themselves, and every
// sequence's further tokens to them and to their own.

import type { Dim } from '../../graph/element-type.ts';
import { FusedMatMul } from '../../graph/extensions.ts';
import type { Value } from '../../graph/graph.ts';
import {
  Add,
  Cast,
  Concat,
  Expand,
  Less,
  Mul,
  Range,
  ReduceSum,
  Reshape,
  SliceFrom,
  SliceTo,
  Softmax,
  Sub,
  Transpose,
  Unsqueeze,
  Where,
} from '../../graph/operators.ts';
import { atLeastFloat32 } from '../../graph/precision.ts';
import type { GradientContext, Operation, OperationAttributes } from '../operation.ts';
import type { HeadLayout } from '../signatures.ts';

type Attributes = OperationAttributes<'CausalAttention'>;

/** Low enough that its exponential is zero beside any real score; float16 ends at −65504. */
const MASKED = { float16: -6e4, other: -1e30 };

export const CausalAttention: Operation<'CausalAttention'> = {
  forward: ({ q, k, v }, layout) => {
    const attended = parts(layout).map((part) => {
      const [keys, values] = [visible(k, part), visible(v, part)];
      const p = probabilities(queryGroups(q, part), keys, part);
      return rowsOfGroups(FusedMatMul(Cast(p, v.type), values, {}), part);
    });
    return joinRows(attended, layout);
  },
  // With P = softmax(scale · Q Kᵀ), O = P V and dS = P ∘ (dO Vᵀ − rowsum(dO ∘ O)) (Dao et al., 2022, appendix B.4):
  gradient: {
    // scale · dS K
    q: (context) => {
      const gradients = scoreGradients(context).map(({ part, dS, k }) =>
        rowsOfGroups(FusedMatMul(dS, k, { alpha: scoreScale(part) }), part),
      );
      return joinRows(gradients, context.attributes);
    },
    // scale · dSᵀ Q; the product over a group's queries is also the sum over its heads
    k: (context) => {
      const gradients = scoreGradients(context).map(({ part, dS, q }) =>
        FusedMatMul(dS, q, { transA: true, alpha: scoreScale(part) }),
      );
      return rowsOfVisible(gradients, context.attributes);
    },
    // Pᵀ dO
    v: (context) => {
      const gradients = scoreGradients(context).map(({ p, dO }) => FusedMatMul(p, dO, { transA: true }));
      return rowsOfVisible(gradients, context.attributes);
    },
  },
  recompute: false,
};

/** Some of the rows: b sequences of t tokens, which see `before` tokens that all of them share, then their own. */
interface Part extends Pick<Attributes, 'heads' | 'kvHeads' | 'headDim' | 'window'> {
  batch: Dim;
  length: string;
  before: string | undefined;
  /** This part's rows of all. */
  own: (rows: Value) => Value;
}

/** The shared prefix, where there is one, as a sequence of its own, and what is left of each sequence. */
function parts({ prefix, batch, length, ...sizes }: Attributes): Part[] {
  const own = (rows: Value) => (prefix ? SliceFrom(rows, prefix, 0, `${batch}·${length}`) : rows);
  const rest: Part = { ...sizes, batch, length, before: prefix, own };
  if (!prefix) return [rest];
  return [{ ...sizes, batch: 1, length: prefix, before: undefined, own: (rows) => SliceTo(rows, prefix, 0) }, rest];
}

/** What the three gradients share; the graph makes it once. */
function scoreGradients({ inputs, attributes: layout, output, dY }: GradientContext<'CausalAttention'>) {
  return parts(layout).map((part) => {
    const q = queryGroups(inputs.q, part); // [b, KV, G·t, D]
    const k = visible(inputs.k, part); // [b, KV, s, D]
    const v = visible(inputs.v, part);
    const p = probabilities(q, k, part); // [b, KV, G·t, s], not kept: they would be the largest of what a layer keeps
    const dO = queryGroups(dY, part); // [b, KV, G·t, D]
    const dP = wideForSoftmax(FusedMatMul(dO, v, { transB: true })); // [b, KV, G·t, s]
    const products = Mul(wideForSoftmax(dY), wideForSoftmax(output));
    const rowSum = queryGroups(headSums(products, layout), { ...part, headDim: 1 }); // [b, KV, G·t, 1]
    const dS = Mul(p, Sub(dP, rowSum));
    return { part, q, k, p: Cast(p, v.type), dO, dS: Cast(dS, q.type) };
  });
}

function scoreScale({ headDim }: Part): number {
  return 1 / Math.sqrt(headDim);
}

/** Attention's weights and their gradients are in float32 where the provider's softmax would lose bits in float16. */
function wideForSoftmax(x: Value): Value {
  return x.graph.extensions.has('SoftmaxFloat16') ? x : atLeastFloat32(x);
}

/** q [b, KV, G·t, D], k [b, KV, s, D], result [b, KV, G·t, s]. */
function probabilities(q: Value, k: Value, part: Part): Value {
  const scores = FusedMatMul(q, k, { transB: true, alpha: scoreScale(part) });
  const byHead = Reshape(wideForSoftmax(scores), [part.batch, part.heads, part.length, k.shape[2]!]);
  return Reshape(Softmax(Add(byHead, causalBias(byHead, part))), scores.shape);
}

/** 0 where a query may see a key, else very low; [t, s]. */
function causalBias({ graph, type }: Value, { length, before, window }: Part): Value {
  const own = Range(graph, length);
  const queries = before ? Add(own, graph.size(before)!) : own;
  const keys = before ? Concat([Range(graph, before), queries], 0, `${before}+${length}`) : own;
  const masked = graph.constant(type, [type === 'float16' ? MASKED.float16 : MASKED.other], []);
  const notFuture = Where(Less(Unsqueeze(queries, 1), Unsqueeze(keys, 0)), masked, 0);
  if (window === undefined) return notFuture;
  const oldest = Sub(queries, graph.constant('int64', [window - 1], []));
  return Where(Less(Unsqueeze(keys, 0), Unsqueeze(oldest, 1)), masked, notFuture);
}

/** Rows [·, heads · D] to [b, KV, G·t, D]: the queries that share keys lie together, so keys are never copied for them. */
function queryGroups(rows: Value, { own, batch, length, heads, kvHeads, headDim }: Part): Value {
  const byHead = Transpose(Reshape(own(rows), [batch, length, heads, headDim]), [0, 2, 1, 3]);
  return Reshape(byHead, [batch, kvHeads, `${heads / kvHeads}·${length}`, headDim]);
}

function rowsOfGroups(x: Value, { batch, length, heads, headDim }: Part): Value {
  const byHead = Reshape(x, [batch, heads, length, headDim]);
  return Reshape(Transpose(byHead, [0, 2, 1, 3]), [`${batch}·${length}`, heads * headDim]);
}

/** Of rows of keys or values [·, KV · D] those that a part's queries may see, [b, KV, s, D]. */
function visible(rows: Value, { own, batch, length, before, kvHeads, headDim }: Part): Value {
  const heads = (x: Value, b: Dim, t: string) => Transpose(Reshape(x, [b, t, kvHeads, headDim]), [0, 2, 1, 3]);
  const later = heads(own(rows), batch, length);
  if (!before) return later;
  const shared = heads(SliceTo(rows, before, 0), 1, before);
  return Concat([Expand(shared, [batch, kvHeads, before, headDim]), later], 2, `${before}+${length}`);
}

/** The gradients of what `visible` gives for each part, as one of the rows: shared keys have one from every sequence. */
function rowsOfVisible(gradients: readonly Value[], { prefix, batch, length, kvHeads, headDim }: HeadLayout): Value {
  const rows = (x: Value, count: string) => Reshape(Transpose(x, [0, 2, 1, 3]), [count, kvHeads * headDim]);
  const [first, rest] = gradients as [Value, Value];
  if (!prefix) return rows(first, `${batch}·${length}`);
  const sum = ReduceSum(atLeastFloat32(SliceTo(rest, prefix, 2)), [0]);
  const shared = Add(first, Cast(sum, first.type));
  const own = SliceFrom(rest, prefix, 2, length);
  return Concat([rows(shared, prefix), rows(own, `${batch}·${length}`)], 0, rowsOf({ prefix, batch, length }));
}

function joinRows(parts: readonly Value[], layout: HeadLayout): Value {
  return parts.length === 1 ? parts[0]! : Concat(parts, 0, rowsOf(layout));
}

function rowsOf({ prefix, batch, length }: Pick<HeadLayout, 'prefix' | 'batch' | 'length'>): string {
  return prefix ? `${prefix}+${batch}·${length}` : `${batch}·${length}`;
}

/** Sum over each head's D columns: [N, heads · D] to [N, heads]. */
function headSums(x: Value, { heads, headDim }: HeadLayout): Value {
  return ReduceSum(Reshape(x, [x.shape[0]!, heads, headDim]), [-1], { keepdims: false });
}

// Operators of ONNX Runtime beyond the standard; where a provider lacks one, the standard operators that mean the same.
import { float, int } from './attribute.ts';
import type { ElementType } from './element-type.ts';
import type { NodeResult, Value } from './graph.ts';
import { Add, Cast, Div, Exp, type GemmOptions, MatMul, Mul, Transpose, UINT8_ZERO } from './operators.ts';
import { matmulShape } from './shape-inference.ts';

const MICROSOFT = 'com.microsoft';

export interface Normalized {
  y: Value;
  /** 1 / sqrt(mean(x²) + epsilon), [..., 1]; undefined where the provider does not tell it. */
  factor: Value | undefined;
}

/** x / sqrt(mean(x²) + epsilon) · scale over the last dimension in the type `to`; x [..., H], scale [H]. */
export function SimplifiedLayerNormalization(x: Value, scale: Value, epsilon: number, to: ElementType): Normalized {
  const { extensions } = x.graph;
  const direct = to === x.type || (to === 'float16' && x.type === 'float32' && extensions.has('NormToFloat16'));
  const type = direct ? to : x.type;
  const attributes = { axis: int(-1), epsilon: float(epsilon), stash_type: int(1) };
  const factor: NodeResult = { type: 'float32', shape: [...x.shape.slice(0, -1), 1] };
  const tellsFactor = extensions.has('NormFactor') && x.type === 'float32';
  const results = [{ type, shape: x.shape }, ...(tellsFactor ? [factor] : [])];
  const inputs = [x, Cast(scale, type)];
  const [y, r] = x.graph.node('SimplifiedLayerNormalization', inputs, results, attributes);
  return { y: Cast(y!, to), factor: r };
}

/** x · sigmoid(alpha · x) in one pass; alpha 1 is SiLU. */
export function QuickGelu(x: Value, alpha: number): Value {
  if (x.type === 'float64') return Div(x, Add(Exp(Mul(x, -alpha)), 1));
  return x.graph.node('QuickGelu', [x], [x], { alpha: float(alpha) }, MICROSOFT)[0]!;
}

/**
 * Rotates the halves of each head by its position's angles.
 * @param x [B, T, heads · D]
 * @param positions of the tokens, int64 [B, T]
 * @param cos and sin: [positions, D / 2]
 */
export function RotaryEmbedding(x: Value, positions: Value, cos: Value, sin: Value): Value {
  const attributes = { interleaved: int(0) };
  return x.graph.node('RotaryEmbedding', [x, positions, cos, sin], [x], attributes, MICROSOFT)[0]!;
}

/**
 * step · (A − 128) B · diag(scale): an integer product of eight bits each, of the CPU provider alone.
 * @param a uint8 [N, K]
 * @param b int8 [K, M]
 * @param scale float32 [M]
 */
export function MatMulIntegerToFloat(a: Value, b: Value, step: number, scale: Value): Value {
  const { graph } = a;
  const inputs = [a, b, graph.constant('float32', [step], []), scale, graph.constant('uint8', [UINT8_ZERO], [])];
  const shape = matmulShape('MatMulIntegerToFloat', a, b, false, false);
  return graph.node('MatMulIntegerToFloat', inputs, [{ type: 'float32', shape }], {}, MICROSOFT)[0]!;
}

/** alpha · A' B' over the last two dimensions, transposed inside the product where the provider can. */
export function FusedMatMul(a: Value, b: Value, { transA = false, transB = false, alpha = 1 }: GemmOptions): Value {
  if (!a.graph.extensions.has('FusedMatMul') || a.type === 'float64') {
    const product = MatMul(transA ? swapLast(a) : a, transB ? swapLast(b) : b);
    return alpha === 1 ? product : Mul(product, alpha);
  }
  const shape = matmulShape('FusedMatMul', a, b, transA, transB);
  const attributes = { transA: int(+transA), transB: int(+transB), alpha: float(alpha) };
  return a.graph.node('FusedMatMul', [a, b], [{ type: a.type, shape }], attributes, MICROSOFT)[0]!;
}

function swapLast(x: Value): Value {
  const perm = x.shape.map((_, i) => i);
  const [last, beforeLast] = [perm.pop()!, perm.pop()!];
  return Transpose(x, [...perm, last, beforeLast]);
}

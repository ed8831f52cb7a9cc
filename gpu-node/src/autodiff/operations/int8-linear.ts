// Linear layers computed in eight bits: integer products on VNNI or AMX units are several times as fast as float32 ones. Some channels of
// LLaMA's activations are so large that eight bits a token leave nothing of the others, so activations have two terms,
// x ≈ s · (x₁ + x₂ / 254) with x₂ what the first rounding left. A matrix has its second term only for the largest channels, by which most of
// what its rounding spoils is multiplied. Gradients do with one term of each.
import { MatMulIntegerToFloat } from '../../graph/extensions.ts';
import type { Value } from '../../graph/graph.ts';
import {
  Add,
  Concat,
  DequantizeWhole,
  Div,
  GatherColumns,
  Max,
  Mul,
  Neg,
  QuantizeLinear,
  ReduceMax,
  ReduceMin,
  Sub,
} from '../../graph/operators.ts';
import type { Operation } from '../operation.ts';

const LARGEST = 127;
/** The first rounding leaves ±½: this spreads it over eight bits again. */
export const SECOND_STEP = 1 / (2 * LARGEST);
/** Rows of zeros have a scale too. */
const LEAST_SCALE = 1e-30;

export const Int8Linear: Operation<'Int8Linear'> = {
  forward: ({ x, matrix, extended, columns, scale }) => {
    const xScale = scales(x); // [N, 1]
    const steps = Div(x, xScale);
    const x1 = QuantizeLinear(steps, 1);
    const x2 = QuantizeLinear(Sub(steps, DequantizeWhole(x1)), SECOND_STEP);
    const first = MatMulIntegerToFloat(x1, matrix, 1, scale);
    // x₂ W₁ + x₁ W₂, the latter of some channels, is one product along both.
    const both = Concat([x2, GatherColumns(x1, columns)], 1, extended.shape[0]!);
    return Mul(Add(first, MatMulIntegerToFloat(both, extended, SECOND_STEP, scale)), xScale);
  },
  gradient: {
    x: ({ inputs: { gradientMatrix, gradientScale }, dY }) => {
      const dyScale = scales(dY); // [N, 1]
      const product = MatMulIntegerToFloat(QuantizeLinear(Div(dY, dyScale), 1), gradientMatrix, 1, gradientScale);
      return Mul(product, dyScale);
    },
  },
  recompute: false,
};

/** The step of each row's eight bits, [N, 1]. */
function scales(x: Value): Value {
  const largest = Max(ReduceMax(x, [1]), Neg(ReduceMin(x, [1])));
  return Div(Max(largest, LEAST_SCALE), LARGEST);
}

// Linear layers computed in eight bits: integer products on VNNI or AMX units are many times as fast as float32 ones. Some channels of
// LLaMA's activations are so large that eight bits a token leave nothing of the others, so they have two terms, x ≈ s · (x₁ + x₂ / 254)
// with x₂ what the first rounding left; matrices have one, or two alike, with x₂ W₂ left out; gradients do with one of each.
import { MatMulIntegerToFloat } from '../../graph/extensions.ts';
import {
  Add,
  Concat,
  Div,
  Max,
  Mul,
  Neg,
  QuantizeLinear,
  ReduceMax,
  ReduceMin,
  Round,
  Sub,
} from '../../graph/operators.ts';
import type { Value } from '../../graph/value.ts';
import type { Operation } from '../operation.ts';

const LARGEST = 127;
/** The first rounding leaves ±½: this spreads it over eight bits again. */
export const SECOND_STEP = 1 / (2 * LARGEST);
/** Rows of zeros have a scale too. */
const LEAST_SCALE = 1e-30;

export const Int8Linear: Operation<'Int8Linear'> = {
  forward: ({ x, matrix, secondThenFirst, scale }) => {
    const xScale = scales(x); // [N, 1]
    const steps = Div(x, xScale);
    const [x1, x2] = [QuantizeLinear(steps, 1), QuantizeLinear(Sub(steps, Round(steps)), SECOND_STEP)];
    const first = MatMulIntegerToFloat(x1, matrix, 1, scale);
    // x₁ W₂ + x₂ W₁ is one product along both.
    const second = secondThenFirst
      ? MatMulIntegerToFloat(Concat([x1, x2], 1, secondThenFirst.shape[0]!), secondThenFirst, SECOND_STEP, scale)
      : MatMulIntegerToFloat(x2, matrix, SECOND_STEP, scale);
    return Mul(Add(first, second), xScale);
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

// Linear layers computed in eight bits: integer products on VNNI or AMX units are many times as fast as float32 ones. Some channels of
// LLaMA's activations are so large that eight bits a token leave nothing of the others, so the forward form has two terms of both
// factors, x ≈ s · (x₁ + x₂ / 254) with x₂ what the first rounding left, W alike, and x₂ W₂ left out; gradients do with one term.
import { MatMulIntegerToFloat } from '../../graph/extensions.ts';
import {
  Add,
  Cast,
  Concat,
  Div,
  Max,
  Mul,
  Neg,
  QuantizeLinear,
  ReduceMax,
  ReduceMin,
  Round,
  Squeeze,
  Sub,
  Transpose,
} from '../../graph/operators.ts';
import type { Value } from '../../graph/value.ts';
import type { Operation } from '../operation.ts';

const LARGEST = 127;
/** The first rounding leaves ±½: this spreads it over eight bits again. */
const SECOND_STEP = 1 / (2 * LARGEST);
/** Rows of zeros have a scale too. */
const LEAST_SCALE = 1e-30;

export const Int8Linear: Operation<'Int8Linear'> = {
  forward: ({ x, weight }) => {
    const matrix = Transpose(weight, [1, 0]); // [in, out]
    const [xScale, matrixScale] = [scales(x, 1), scales(matrix, 0)]; // [N, 1], [1, out]
    const [xSteps, matrixSteps] = [Div(x, xScale), Div(matrix, matrixScale)];
    const [x1, x2] = [QuantizeLinear(xSteps, 1), QuantizeLinear(remainder(xSteps), SECOND_STEP)];
    const [w1, w2] = [toInt8(matrixSteps), toInt8(Div(remainder(matrixSteps), SECOND_STEP))];
    const scale = Squeeze(matrixScale, 0);
    const inner = 2 * (x.shape[1] as number);
    const first = MatMulIntegerToFloat(x1, w1, 1, scale);
    // x₁ W₂ + x₂ W₁ is one product along both.
    const second = MatMulIntegerToFloat(Concat([x1, x2], 1, inner), Concat([w2, w1], 0, inner), SECOND_STEP, scale);
    return Mul(Add(first, second), xScale);
  },
  gradient: {
    x: ({ inputs: { weight }, dY }) => {
      const [dyScale, matrixScale] = [scales(dY, 1), scales(weight, 0)]; // [N, 1], [1, in]
      const matrix = toInt8(Div(weight, matrixScale)); // [out, in]
      const product = MatMulIntegerToFloat(QuantizeLinear(Div(dY, dyScale), 1), matrix, 1, Squeeze(matrixScale, 0));
      return Mul(product, dyScale);
    },
  },
  recompute: false,
};

/** The step of each row's or column's eight bits. Those of weights are constants, computed once when a session is made. */
function scales(matrix: Value, axis: number): Value {
  const largest = Max(ReduceMax(matrix, [axis]), Neg(ReduceMin(matrix, [axis])));
  return Div(Max(largest, LEAST_SCALE), LARGEST);
}

/** What rounding leaves, within ±½. */
function remainder(steps: Value): Value {
  return Sub(steps, Round(steps));
}

function toInt8(steps: Value): Value {
  return Cast(Round(steps), 'int8');
}

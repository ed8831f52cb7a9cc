// Linear layers computed in eight bits: integer products on VNNI or AMX units are many times as fast as float32 ones. Some channels of
// LLaMA's activations are so large that eight bits a token leave nothing of the others, so the forward form has two terms,
// x ≈ s · (q₁ + q₂ / 254) with q₂ what the first rounding left; gradients do with one.
import { MatMulIntegerToFloat } from '../../graph/extensions.ts';
import {
  Add,
  Cast,
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
    const matrix = quantizeColumns(Transpose(weight, [1, 0])); // [in, out]
    const scale = rowScales(x); // [N, 1]
    const steps = Div(x, scale);
    const rest = Sub(steps, Round(steps)); // within ±½
    const first = product(QuantizeLinear(steps, 1), 1, matrix);
    const second = product(QuantizeLinear(rest, SECOND_STEP), SECOND_STEP, matrix);
    return Mul(Add(first, second), scale);
  },
  gradient: {
    x: ({ inputs: { weight }, dY }) => {
      const scale = rowScales(dY); // [N, 1]
      return Mul(product(QuantizeLinear(Div(dY, scale), 1), 1, quantizeColumns(weight)), scale);
    },
  },
  recompute: false,
};

interface QuantizedMatrix {
  /** int8 [K, M] */
  quantized: Value;
  /** float32 [M] */
  scale: Value;
}

/** Of constants alone, so it is computed once, when a session is made. */
function quantizeColumns(matrix: Value): QuantizedMatrix {
  const scale = Div(Max(Max(ReduceMax(matrix, [0]), Neg(ReduceMin(matrix, [0]))), LEAST_SCALE), LARGEST); // [1, M]
  return { quantized: Cast(Round(Div(matrix, scale)), 'int8'), scale: Squeeze(scale, 0) };
}

function rowScales(x: Value): Value {
  return Mul(Max(Max(ReduceMax(x, [-1]), Neg(ReduceMin(x, [-1]))), LEAST_SCALE), 1 / LARGEST);
}

function product(q: Value, step: number, { quantized, scale }: QuantizedMatrix): Value {
  return MatMulIntegerToFloat(q, quantized, step, scale);
}

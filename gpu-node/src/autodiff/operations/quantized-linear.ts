// Linear layers whose frozen weight is stored in 8 or 4 bits; it is widened where it meets its activation, and free again after.
import { DequantizeLinear, Gemm, Reshape } from '../../graph/operators.ts';
import { after } from '../../graph/ordering.ts';
import type { Value } from '../../graph/value.ts';
import type { Inputs, Operation, OperationAttributes } from '../operation.ts';

export const QuantizedLinear: Operation<'QuantizedLinear'> = {
  forward: (inputs, attributes) => Gemm(inputs.x, widened(inputs, attributes, inputs.x), undefined, { transB: true }),
  gradient: { x: ({ inputs, attributes, dY }) => Gemm(dY, widened(inputs, attributes, dY)) },
  recompute: false,
};

/** float32 [out, in], not before `activation` is there. */
function widened(
  { quantized, scale }: Inputs<'QuantizedLinear'>,
  { outSize, inSize }: OperationAttributes<'QuantizedLinear'>,
  activation: Value,
): Value {
  return Reshape(DequantizeLinear(quantized, after(scale, activation)), [outSize, inSize]);
}

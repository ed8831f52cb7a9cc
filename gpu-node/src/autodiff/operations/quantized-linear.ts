// Linear layers whose frozen weight is stored in 8 or 4 bits; it is widened where it meets its activation, and free again after.

import type { Value } from '../../graph/graph.ts';
import { Cast, DequantizeBlocks, DequantizeLinear, Gemm, Reshape } from '../../graph/operators.ts';
import { after } from '../../graph/ordering.ts';
import type { Inputs, Operation, OperationAttributes } from '../operation.ts';

export const QuantizedLinear: Operation<'QuantizedLinear'> = {
  forward: (inputs, attributes) => Gemm(inputs.x, widened(inputs, attributes, inputs.x), undefined, { transB: true }),
  gradient: { x: ({ inputs, attributes, dY }) => Gemm(dY, widened(inputs, attributes, dY)) },
  recompute: false,
};

/** [out, in] in the type of `activation`, not before that is there. */
function widened(
  { quantized, scale }: Inputs<'QuantizedLinear'>,
  { outSize, inSize }: OperationAttributes<'QuantizedLinear'>,
  activation: Value,
): Value {
  const typed = Cast(after(scale, activation), activation.type);
  const [, blocks] = typed.shape as number[];
  if (blocks !== undefined) return DequantizeBlocks(quantized, typed, inSize / blocks);
  return Reshape(DequantizeLinear(quantized, typed), [outSize, inSize]);
}

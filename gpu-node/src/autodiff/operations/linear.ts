// Linear layers without bias, frozen or trained; an addend lets a sum of two (a LoRA branch) be one matrix product.
import { Cast, Gemm } from '../../graph/operators.ts';
import { after } from '../../graph/ordering.ts';
import type { Value } from '../../graph/value.ts';
import type { Operation } from '../operation.ts';

export const Linear: Operation<'Linear'> = {
  forward: ({ x, weight, addend }) => Gemm(x, widened(weight, x), addend, { transB: true }),
  gradient: {
    x: ({ inputs: { weight }, dY }) => Gemm(dY, widened(weight, dY)),
    weight: ({ inputs: { x }, dY }) => Gemm(dY, x, undefined, { transA: true }),
    addend: ({ dY }) => dY,
  },
  recompute: false,
};

/** A weight stored in a narrower type is widened where it meets its activation, and is free again after. */
function widened(weight: Value, activation: Value): Value {
  return weight.type === activation.type ? weight : Cast(after(weight, activation), activation.type);
}

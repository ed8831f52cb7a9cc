// Linear layers without bias, frozen or trained; an addend lets a sum of two (a LoRA branch) be one matrix product.

import type { Value } from '../../graph/graph.ts';
import { Cast, Gemm } from '../../graph/operators.ts';
import { after } from '../../graph/ordering.ts';
import type { Operation } from '../operation.ts';

export const Linear: Operation<'Linear'> = {
  forward: ({ x, weight, addend }) => Gemm(x, inTypeOf(x, weight), addend, { transB: true }),
  gradient: {
    x: ({ inputs: { weight }, dY }) => Gemm(dY, inTypeOf(dY, weight)),
    weight: ({ inputs: { x, weight }, dY }) => Cast(Gemm(dY, x, undefined, { transA: true }), weight.type),
    addend: ({ dY }) => dY,
  },
  recompute: false,
};

/** A weight of another type is cast where it meets its activation, and what is made of it is free again after. */
function inTypeOf(activation: Value, weight: Value): Value {
  return weight.type === activation.type ? weight : Cast(after(weight, activation), activation.type);
}

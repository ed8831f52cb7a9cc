// Dropout by given random bits (Srivastava et al., 2014); the mask is made where it is used, in both passes, and never kept.

import type { Value } from '../../graph/graph.ts';
import { GreaterOrEqual, Mul, Where } from '../../graph/operators.ts';
import { after } from '../../graph/ordering.ts';
import type { Inputs, Operation } from '../operation.ts';

export const Dropout: Operation<'Dropout'> = {
  forward: ({ x, bits, threshold }, { factor }) => Where(keepMask({ bits: after(bits, x), threshold }, factor), x, 0),
  gradient: {
    x: ({ inputs: { bits, threshold }, attributes: { factor }, dY }) =>
      Where(keepMask({ bits: after(bits, dY), threshold }, factor), dY, 0),
  },
  recompute: true,
};

/** Where an input is kept, bool of the shape of `bits`. */
export function keepMask({ bits, threshold }: Pick<Inputs<'Dropout'>, 'bits' | 'threshold'>, factor: number): Value {
  return GreaterOrEqual(Mul(bits, bits.graph.constant('int32', [factor], [])), threshold);
}

// Dropout by given random numbers (Srivastava et al., 2014); the mask is made where it is used, in both passes, and never kept.

import type { Value } from '../../graph/graph.ts';
import { GreaterOrEqual, Mul, Unsqueeze, Where } from '../../graph/operators.ts';
import { after } from '../../graph/ordering.ts';
import type { Inputs, Operation } from '../operation.ts';

export const Dropout: Operation<'Dropout'> = {
  forward: ({ x, keys, columns, threshold }, { factor }) =>
    Where(keepMask({ keys: after(keys, x), columns, threshold }, factor), x, 0),
  gradient: {
    // Tied to x as in the forward form: where that is computed again for other gradients the mask is the same one.
    x: ({ inputs: { x, keys, columns, threshold }, attributes: { factor }, dY }) =>
      Where(keepMask({ keys: after(keys, x), columns, threshold }, factor), dY, 0),
  },
  recompute: true,
};

/** Where an input is kept, bool [N, W] for `keys` [N] and `columns` [W]. */
export function keepMask({ keys, columns, threshold }: Omit<Inputs<'Dropout'>, 'x'>, factor: number): Value {
  const own = Mul(keys, keys.graph.constant('int32', [factor], [])); // [N]
  return GreaterOrEqual(Mul(Unsqueeze(own, 1), columns), threshold);
}

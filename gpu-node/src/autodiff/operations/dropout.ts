// Dropout by a given mask (Srivastava et al., 2014).
import { Where } from '../../graph/operators.ts';
import type { Operation } from '../operation.ts';

export const Dropout: Operation<'Dropout'> = {
  forward: ({ x, keep }) => Where(keep, x, 0),
  gradient: { x: ({ inputs: { keep }, dY }) => Where(keep, dY, 0) },
  recompute: true,
};

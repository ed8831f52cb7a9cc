// Change of type; the gradient has the type that its input has.
import { Cast as changeType } from '../../graph/operators.ts';
import type { Operation } from '../operation.ts';

export const Cast: Operation<'Cast'> = {
  forward: ({ x }, { to }) => changeType(x, to),
  gradient: { x: ({ attributes: { from }, dY }) => changeType(dY, from) },
  recompute: true,
};

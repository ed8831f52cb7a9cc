// Rotary position embedding; a rotation's gradient is the rotation back.
import { RotaryEmbedding as rotate } from '../../graph/extensions.ts';
import type { Value } from '../../graph/graph.ts';
import { Cast, Neg, Squeeze, Unsqueeze } from '../../graph/operators.ts';
import { atLeastFloat32 } from '../../graph/precision.ts';
import type { Operation } from '../operation.ts';

export const RotaryEmbedding: Operation<'RotaryEmbedding'> = {
  forward: ({ x, positions, cos, sin }) => rotateRows(x, positions, cos, sin),
  gradient: {
    x: ({ inputs: { positions, cos, sin }, dY }) => rotateRows(dY, positions, cos, Neg(sin)),
  },
  recompute: true,
};

/** The operator wants sequences: each row is one of a single token. */
function rotateRows(x: Value, positions: Value, cos: Value, sin: Value): Value {
  const rotated = rotate(Unsqueeze(atLeastFloat32(x), 1), Unsqueeze(positions, 1), cos, sin);
  return Cast(Squeeze(rotated, 1), x.type);
}

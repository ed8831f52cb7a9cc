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
  // Kept in place of what is rotated, which no gradient needs.
  recompute: false,
};

/** The operator wants sequences: each row is one of a single token. In float16, as transformers rotates, where the provider can. */
function rotateRows(x: Value, positions: Value, cos: Value, sin: Value): Value {
  const wide = x.graph.extensions.has('RotaryFloat16') ? x : atLeastFloat32(x);
  const rotated = rotate(Unsqueeze(wide, 1), Unsqueeze(positions, 1), Cast(cos, wide.type), Cast(sin, wide.type));
  return Cast(Squeeze(rotated, 1), x.type);
}

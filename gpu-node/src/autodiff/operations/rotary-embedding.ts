// Rotary position embedding; a rotation's gradient is the rotation back.
import { RotaryEmbedding as rotate } from '../../graph/extensions.ts';
import { Neg, Reshape } from '../../graph/operators.ts';
import type { Value } from '../../graph/value.ts';
import type { Operation } from '../operation.ts';

export const RotaryEmbedding: Operation<'RotaryEmbedding'> = {
  forward: ({ x, cos, sin }, layout) => rotateRows(x, cos, sin, layout),
  gradient: {
    x: ({ inputs: { cos, sin }, attributes, dY }) => rotateRows(dY, cos, Neg(sin), attributes),
  },
  recompute: true,
};

function rotateRows(x: Value, cos: Value, sin: Value, { batch, length }: { batch: string; length: string }): Value {
  const first = x.graph.constant('int64', [0]);
  return Reshape(rotate(Reshape(x, [batch, length, x.shape[1]!]), first, cos, sin), x.shape);
}

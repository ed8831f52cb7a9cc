// What eleven bits are too few for: sums, exponentials and rotations are computed in float32, as torch's autocast does.

import type { Value } from './graph.ts';
import { Cast } from './operators.ts';

/** float16 widened to float32; other types as they are. */
export function atLeastFloat32(x: Value): Value {
  return x.type === 'float16' ? Cast(x, 'float32') : x;
}

// Order of execution where data alone would not decide it.

import type { Value } from './graph.ts';
import { Expand, Mul, Shape } from './operators.ts';

/**
 * `value`, but not before `earlier` is there; moves no data, as a zero in Reshape's target copies that dimension.
 * Without it a scheduler runs what depends on constants or on the forward pass alone first, and keeps all of it.
 */
export function after(value: Value, earlier: Value): Value {
  const rank = value.shape.length;
  const zeros =
    earlier.shape.length >= rank ? Mul(Shape(earlier, 0, rank), 0) : Expand(Mul(Shape(earlier, 0, 1), 0), [rank]);
  return value.graph.node('Reshape', [value, zeros], [value])[0]!;
}

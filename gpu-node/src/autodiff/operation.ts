// An operation is its forward form and one gradient rule for each differentiable input; leaving one out does not compile.
import type { Value } from '../graph/graph.ts';
import type { Signatures } from './signatures.ts';

export type Primitive = keyof Signatures;
export type DifferentiableInput<P extends Primitive> = keyof Signatures[P]['differentiable'] & string;
export type Inputs<P extends Primitive> = Signatures[P]['differentiable'] & Signatures[P]['fixed'];
export type OperationAttributes<P extends Primitive> = Signatures[P]['attributes'];

export interface GradientContext<P extends Primitive> {
  /** As in the forward pass, cheap ones computed afresh. */
  inputs: Inputs<P>;
  attributes: OperationAttributes<P>;
  output: Value;
  /** The loss's gradient by the output, in the output's shape. */
  dY: Value;
}

export interface Operation<P extends Primitive> {
  forward(inputs: Inputs<P>, attributes: OperationAttributes<P>): Value;
  /** The loss's gradient by each input, in the input's shape. */
  gradient: { [I in DifferentiableInput<P>]-?: (context: GradientContext<P>) => Value };
  /** Cheap beside a matrix product: computed again in the backward pass instead of kept in memory. */
  recompute: boolean;
}

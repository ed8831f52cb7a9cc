// Sums and scalar products.
import * as onnx from '../../graph/operators.ts';
import type { Operation } from '../operation.ts';

export const Add: Operation<'Add'> = {
  forward: ({ a, b }) => onnx.Add(a, b),
  gradient: { a: ({ dY }) => dY, b: ({ dY }) => dY },
  recompute: false,
};

export const Bias: Operation<'Bias'> = {
  forward: ({ x, bias }) => onnx.Add(x, bias),
  gradient: { x: ({ dY }) => dY, bias: ({ dY }) => onnx.ReduceSum(dY, [0], { keepdims: false }) },
  recompute: false,
};

export const Scale: Operation<'Scale'> = {
  forward: ({ x, factor }) => onnx.Mul(x, onnx.Cast(factor, x.type)),
  gradient: { x: ({ inputs: { factor }, dY }) => onnx.Mul(dY, onnx.Cast(factor, dY.type)) },
  recompute: false,
};

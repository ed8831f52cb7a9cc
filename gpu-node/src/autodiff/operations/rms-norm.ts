// Root-mean-square normalisation: y = x · r · weight with r = 1 / sqrt(mean(x²) + epsilon).
import { SimplifiedLayerNormalization } from '../../graph/extensions.ts';
import type { Value } from '../../graph/graph.ts';
import { Add, Mul, Reciprocal, ReduceMean, ReduceSum, ReduceSumSquare, Sqrt, Sub } from '../../graph/operators.ts';
import type { Operation } from '../operation.ts';

export const RMSNorm: Operation<'RMSNorm'> = {
  forward: ({ x, weight }, { epsilon }) => SimplifiedLayerNormalization(x, weight, epsilon),
  gradient: {
    // r · (g − x · r² · mean(g · x)) with g = dY · weight
    x: ({ inputs: { x, weight }, attributes: { epsilon }, dY }) => {
      const g = Mul(dY, weight); // [N, H]
      const r = reciprocalRootMeanSquare(x, epsilon); // [N, 1]
      const projection = Mul(ReduceMean(Mul(g, x), [-1]), Mul(r, r)); // [N, 1]
      return Mul(Sub(g, Mul(x, projection)), r);
    },
    weight: ({ inputs: { x }, attributes: { epsilon }, dY }) =>
      ReduceSum(Mul(dY, Mul(x, reciprocalRootMeanSquare(x, epsilon))), [0], { keepdims: false }),
  },
  recompute: true,
};

function reciprocalRootMeanSquare(x: Value, epsilon: number): Value {
  const width = x.shape.at(-1);
  if (typeof width !== 'number') throw new Error('RMSNorm: the normalised size must be known');
  return Reciprocal(Sqrt(Add(Mul(ReduceSumSquare(x, [-1]), 1 / width), epsilon)));
}

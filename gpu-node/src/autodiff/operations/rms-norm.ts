// Root-mean-square normalisation: y = x · r · weight with r = 1 / sqrt(mean(x²) + epsilon).
import { SimplifiedLayerNormalization } from '../../graph/extensions.ts';
import type { Value } from '../../graph/graph.ts';
import {
  Add,
  Cast,
  Mul,
  Reciprocal,
  ReduceMean,
  ReduceSum,
  ReduceSumSquare,
  Sqrt,
  Sub,
} from '../../graph/operators.ts';
import type { Operation, OperationAttributes } from '../operation.ts';

export const RMSNorm: Operation<'RMSNorm'> = {
  forward: ({ x, weight }, { epsilon, to }) => SimplifiedLayerNormalization(x, weight, epsilon, to).y,
  gradient: {
    // r · (g − x · r² · mean(g · x)) with g = dY · weight
    x: ({ inputs: { x, weight }, attributes, dY }) => {
      const g = Mul(Cast(dY, x.type), weight); // [N, H]
      const r = normFactor(x, weight, attributes); // [N, 1]
      const projection = Mul(ReduceMean(Mul(g, x), [-1]), Mul(r, r)); // [N, 1]
      return Mul(Sub(g, Mul(x, projection)), r);
    },
    weight: ({ inputs: { x, weight }, attributes, dY }) =>
      ReduceSum(Mul(Cast(dY, x.type), Mul(x, normFactor(x, weight, attributes))), [0], { keepdims: false }),
  },
  recompute: true,
};

/** 1 / sqrt(mean(x²) + epsilon), [N, 1]. */
function normFactor(x: Value, weight: Value, { epsilon, to }: OperationAttributes<'RMSNorm'>): Value {
  const { factor } = SimplifiedLayerNormalization(x, weight, epsilon, to);
  if (factor) return factor;
  const width = x.shape.at(-1);
  if (typeof width !== 'number') throw new Error('RMSNorm: the normalised size must be known');
  return Reciprocal(Sqrt(Add(Mul(ReduceSumSquare(x, [-1]), 1 / width), epsilon)));
}

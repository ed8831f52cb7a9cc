// Root-mean-square normalisation: y = x · r · weight with r = 1 / sqrt(mean(x²) + epsilon).
import type { Dim } from '../../graph/element-type.ts';
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
  Reshape,
  Sqrt,
  Sub,
} from '../../graph/operators.ts';
import type { Operation, OperationAttributes } from '../operation.ts';

export const RMSNorm: Operation<'RMSNorm'> = {
  forward: ({ x, weight }, { epsilon, to }) =>
    ungrouped(SimplifiedLayerNormalization(grouped(x, weight), weight, epsilon, to).y, x),
  gradient: {
    // r · (g − x · r² · mean(g · x)) with g = dY · weight
    x: ({ inputs: { x: rows, weight }, attributes, dY }) => {
      const x = grouped(rows, weight); // [N, H] or [N, G, H]
      const g = Mul(Cast(grouped(dY, weight), x.type), weight);
      const r = normFactor(x, weight, attributes); // [..., 1]
      const projection = Mul(ReduceMean(Mul(g, x), [-1]), Mul(r, r)); // [..., 1]
      return ungrouped(Mul(Sub(g, Mul(x, projection)), r), rows);
    },
    weight: ({ inputs: { x: rows, weight }, attributes, dY }) => {
      const x = grouped(rows, weight);
      const products = Mul(Cast(grouped(dY, weight), x.type), Mul(x, normFactor(x, weight, attributes)));
      return ReduceSum(
        products,
        x.shape.slice(0, -1).map((_, axis) => axis),
        { keepdims: false },
      );
    },
  },
  recompute: true,
};

/** Each group of as many columns as there are weights along an axis of its own, [N, G, H]; [N, H] where there is but one. */
function grouped(x: Value, weight: Value): Value {
  const [rows, width] = x.shape as [Dim, number];
  const size = weight.shape[0] as number;
  return width === size ? x : Reshape(x, [rows, width / size, size]);
}

function ungrouped(y: Value, x: Value): Value {
  return y.shape.length === x.shape.length ? y : Reshape(y, x.shape);
}

/** 1 / sqrt(mean(x²) + epsilon), [..., 1]. */
function normFactor(x: Value, weight: Value, { epsilon, to }: OperationAttributes<'RMSNorm'>): Value {
  const { factor } = SimplifiedLayerNormalization(x, weight, epsilon, to);
  if (factor) return factor;
  const width = x.shape.at(-1);
  if (typeof width !== 'number') throw new Error('RMSNorm: the normalised size must be known');
  return Reciprocal(Sqrt(Add(Mul(ReduceSumSquare(x, [-1]), 1 / width), epsilon)));
}

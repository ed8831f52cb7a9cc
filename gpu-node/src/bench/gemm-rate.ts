// The rate at which this machine multiplies float32 matrices: what a model's speed is to be judged by.
import type { Runtime, Tensor } from '../graph/execution.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { MatMul } from '../graph/operators.ts';

const SIZE = 1024;
const PRODUCTS = 8;
const RUNS = 8;

/** Floating-point operations a second in a chain of products of large square matrices, the best of several runs. */
export async function gemmRate(runtime: Runtime, clock: () => number): Promise<number> {
  const graph = new Graph();
  const factors = Array.from({ length: PRODUCTS }, (_, i) => graph.input(`factor ${i}`, 'float32', [SIZE, SIZE]));
  let product: Value = graph.input('x', 'float32', [SIZE, SIZE]);
  for (const factor of factors) product = MatMul(product, factor);
  graph.output('product', product);
  const session = await runtime.createSession(graph, { foldConstantsUpToBytes: 0, repackMatrices: false });
  const data = Float32Array.from({ length: SIZE * SIZE }, (_, i) => (((i * 7919) % 101) / 101 - 0.5) / SIZE ** 0.5);
  const matrix: Tensor = { type: 'float32', dims: [SIZE, SIZE], data };
  const feeds = Object.fromEntries(graph.inputs.map(({ name }) => [name, matrix]));
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const startedAt = clock();
    await session.run(feeds);
    best = Math.min(best, clock() - startedAt);
  }
  await session.release();
  return (1000 * 2 * SIZE ** 3 * PRODUCTS) / best;
}

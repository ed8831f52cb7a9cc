// The rate at which this machine multiplies float32 matrices: what a model's speed is to be judged by.
import type { Runtime, Tensor } from '../graph/execution.ts';
import { Graph } from '../graph/graph.ts';
import { MatMul, ReduceSum } from '../graph/operators.ts';

const [M, K, N] = [1024, 1024, 1024];
const PRODUCTS = 8;

/** Floating-point operations a second of products as large as a layer's, the best of several runs. */
export async function gemmRate(runtime: Runtime, clock: () => number): Promise<number> {
  const graph = new Graph();
  const weight = graph.input('weight', 'float32', [K, N]);
  for (let i = 0; i < PRODUCTS; i++) {
    graph.output(`sum ${i}`, ReduceSum(MatMul(graph.input(`x ${i}`, 'float32', [M, K]), weight), [0, 1]));
  }
  const session = await runtime.createSession(graph, { foldConstantsUpToBytes: 0, repackMatrices: false });
  const matrix = (dims: number[]): Tensor => {
    const data = Float32Array.from({ length: dims[0]! * dims[1]! }, (_, i) => ((i * 7919) % 101) / 101 - 0.5);
    return { type: 'float32', dims, data };
  };
  const feeds: Record<string, Tensor> = { weight: matrix([K, N]) };
  for (let i = 0; i < PRODUCTS; i++) feeds[`x ${i}`] = matrix([M, K]);
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 6; run++) {
    const startedAt = clock();
    await session.run(feeds);
    best = Math.min(best, clock() - startedAt);
  }
  await session.release();
  return (1000 * 2 * M * K * N * PRODUCTS) / best;
}

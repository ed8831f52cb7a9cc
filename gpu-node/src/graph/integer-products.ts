// Whether a runtime's products of eight-bit integers are exact. On x86 CPUs without VNNI, ONNX Runtime multiplies uint8 by int8 with
// `vpmaddubsw`, which adds two products in sixteen bits and cuts off what does not fit: large activations come out wrong, silently.
// Source: ONNX Runtime's documentation, Quantize ONNX models, on the overflow of U8S8 on AVX2 and AVX512.
import type { Runtime } from './execution.ts';
import { MatMulIntegerToFloat } from './extensions.ts';
import { Graph } from './graph.ts';
import { QuantizeLinear } from './operators.ts';

const [ROWS, INNER, COLUMNS] = [2, 64, 32];
/** Of eight bits with their sign; as uint8, which it becomes with 128 for zero, 255. */
const LARGEST = 127;

/** Multiplies the largest numbers that there are, and compares. */
export async function hasExactInt8Products(runtime: Runtime): Promise<boolean> {
  const graph = new Graph(runtime.extensions);
  const a = QuantizeLinear(graph.input('a', 'float32', [ROWS, INNER]), 1);
  const b = graph.input('b', 'int8', [INNER, COLUMNS]);
  graph.output(
    'product',
    MatMulIntegerToFloat(a, b, 1, graph.constant('float32', new Array(COLUMNS).fill(1), [COLUMNS])),
  );
  const session = await runtime.createSession(graph, { foldConstantsUpToBytes: 0, repackMatrices: false });
  try {
    const { product } = await session.run({
      a: { type: 'float32', dims: [ROWS, INNER], data: new Float32Array(ROWS * INNER).fill(LARGEST) },
      b: { type: 'int8', dims: [INNER, COLUMNS], data: new Int8Array(INNER * COLUMNS).fill(LARGEST) },
    });
    const exact = LARGEST * LARGEST * INNER;
    return [...(product!.data as Float32Array)].every((value) => value === exact);
  } finally {
    await session.release();
  }
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { encodeModel } from './encode.ts';
import type { Tensor } from './execution.ts';
import { Graph, type Value } from './graph.ts';
import * as onnx from './operators.ts';
import { after } from './ordering.ts';

const runtime = createRuntime('cpu', { threads: 1 });

/** Runs a graph of float32 inputs with the given sizes and counts upwards in each of them. */
async function evaluate(graph: Graph, sizes: Record<string, number> = {}): Promise<Record<string, Tensor>> {
  const session = await runtime.createSession(graph, { foldConstantsUpToBytes: 1e6, repackMatrices: false });
  const feeds: Record<string, Tensor> = {};
  for (const { name, shape } of graph.inputs) {
    const dims = shape.map((dim) => (typeof dim === 'number' ? dim : sizes[dim]!));
    const count = dims.reduce((product, size) => product * size, 1);
    feeds[name] = { type: 'float32', dims, data: Float32Array.from({ length: count }, (_, i) => i + 1) };
  }
  const results = await session.run(feeds);
  await session.release();
  return results;
}

describe('a graph', () => {
  it('makes equal nodes and equal constants once', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['N']);
    expect(onnx.Mul(x, 2)).toBe(onnx.Mul(x, 2));
    expect(onnx.Mul(x, 3)).not.toBe(onnx.Mul(x, 2));
    expect(graph.nodes).toHaveLength(2);
    expect(graph.initializers).toHaveLength(2);
  });

  it('refuses values of another graph', () => {
    const [a, b] = [new Graph(), new Graph()].map((graph) => graph.input('x', 'float32', [2]));
    expect(() => onnx.Add(a!, b!)).toThrow('x belongs to another graph');
  });

  it('finds the size of a dimension in a run', async () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['B', 'T', 6]);
    graph.output('y', onnx.Transpose(onnx.Reshape(x, ['B', 'T', 2, 3]), [0, 2, 1, 3]));
    const { y } = await evaluate(graph, { B: 2, T: 5 });
    expect(y!.dims).toEqual([2, 2, 5, 3]);
    expect(y!.data[15]).toBe(4);
  });

  it('orders a value after another without changing it', async () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['N', 2]);
    graph.output('y', after(x, graph.input('z', 'float32', ['M', 7])));
    const { y } = await evaluate(graph, { N: 3, M: 1 });
    expect(y!.dims).toEqual([3, 2]);
    expect([...y!.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('reads external constants where they lie, and refuses files in two folders', () => {
    const graph = new Graph();
    graph.external('a', 'float16', [2], { file: '/models/x/one.safetensors', byteOffset: 8, byteLength: 4 });
    expect(encodeModel(graph).externalFolder).toBe('/models/x');
    graph.external('b', 'float16', [2], { file: '/models/y/two.safetensors', byteOffset: 8, byteLength: 4 });
    expect(() => encodeModel(graph)).toThrow('two.safetensors is not in /models/x');
  });

  it('names the operands whose shapes or types do not fit', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['N', 3]);
    const y = graph.input('y', 'float32', ['M', 4]);
    const z = graph.input('z', 'int64', ['N', 3]);
    expect(() => onnx.Add(x, y)).toThrow('Add: x: float32[N, 3] and y: float32[M, 4] do not broadcast');
    expect(() => onnx.MatMul(x, y)).toThrow('inner sizes 3 and M');
    expect(() => onnx.Mul(x, z)).toThrow('Mul: types of');
  });
});

describe('inferred shapes are those of the run', () => {
  const size = fc.integer({ min: 1, max: 4 });
  const sameAsRun = async (build: (graph: Graph) => Value) => {
    const graph = new Graph();
    const value = build(graph);
    graph.output('y', value);
    expect((await evaluate(graph)).y!.dims).toEqual(value.shape);
  };

  it('for broadcast sums', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(size, fc.constantFrom('both', 'left', 'right'))), fc.nat(2), (dims, drop) => {
        const left = dims.map(([n, side]) => (side === 'right' ? 1 : n));
        const right = dims.map(([n, side]) => (side === 'left' ? 1 : n)).slice(drop);
        return sameAsRun((graph) => onnx.Add(graph.input('a', 'float32', left), graph.input('b', 'float32', right)));
      }),
      { numRuns: 30 },
    ));

  it('for matrix products', () =>
    fc.assert(
      fc.asyncProperty(fc.array(size, { maxLength: 2 }), size, size, size, (batch, m, k, n) =>
        sameAsRun((graph) =>
          onnx.MatMul(graph.input('a', 'float32', [...batch, m, k]), graph.input('b', 'float32', [k, n])),
        ),
      ),
      { numRuns: 30 },
    ));

  it('for reductions, transpositions and gathers', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(size, { minLength: 2, maxLength: 4 }),
        fc.boolean(),
        fc.nat(3),
        (dims, keepdims, shift) =>
          sameAsRun((graph) => {
            const x = graph.input('x', 'float32', dims);
            const perm = dims.map((_, i) => (i + shift) % dims.length);
            const rows = onnx.Gather(onnx.Transpose(x, perm), graph.constant('int64', [0, 0, 0]));
            return onnx.ReduceMean(
              rows,
              [shift % dims.length, -1].slice(0, shift % dims.length === dims.length - 1 ? 1 : 2),
              {
                keepdims,
              },
            );
          }),
      ),
      { numRuns: 30 },
    ));
});

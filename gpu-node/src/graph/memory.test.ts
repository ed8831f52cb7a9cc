import { describe, expect, it } from 'vitest';
import { Graph } from './graph.ts';
import { byteSize, runMemory } from './memory.ts';
import { Add, Cast, Gemm, Mul, Reshape, Transpose } from './operators.ts';

const sizes = { P: 3, B: 2, T: 5 };

describe('the memory of a run', () => {
  it('frees what nothing needs any more', () => {
    const graph = new Graph();
    const w = graph.input('w', 'float32', [10, 10]);
    let x = graph.input('x', 'float32', ['B', 10]);
    for (let i = 0; i < 5; i++) x = Gemm(x, w);
    graph.output('y', x);
    // One result and the one made of it: 2 · 10 numbers each.
    expect(runMemory(graph, sizes, false)).toEqual({ inputBytes: 400 + 80, peakBytes: 160, outputBytes: 80 });
  });

  it('keeps what is needed later, and writes sums over what is not', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['B', 10]);
    const kept = Transpose(Transpose(x, [1, 0]), [1, 0]);
    const squared = Mul(kept, kept);
    graph.output('y', Add(Mul(squared, 2), kept));
    expect(runMemory(graph, sizes, false).peakBytes).toBe(160);
  });

  it('counts one buffer for all its shapes', () => {
    const graph = new Graph();
    const x = Transpose(graph.input('x', 'float32', ['B', 10]), [1, 0]);
    const other = Reshape(Reshape(x, [5, 4]), [10, 2]);
    graph.output('y', Transpose(other, [1, 0]));
    expect(runMemory(graph, sizes, false).peakBytes).toBe(160);
  });

  it('leaves out what is computed of constants alone when that is done before', () => {
    const graph = new Graph();
    const w = graph.external('w', 'bfloat16', [100, 10], { file: '/w', byteOffset: 0, byteLength: 2000 });
    graph.output('y', Gemm(graph.input('x', 'float32', ['B', 10]), Cast(w, 'float32'), undefined, { transB: true }));
    expect(runMemory(graph, sizes, true).peakBytes).toBe(800);
    expect(runMemory(graph, sizes, false).peakBytes).toBe(4800);
  });

  it('reads sizes off the names of dimensions', () => {
    const graph = new Graph();
    expect(byteSize(graph.input('rows', 'int64', ['P+B·T']), sizes)).toBe(13 * 8);
    expect(byteSize(graph.input('packed', 'int4', [3, 'T']), sizes)).toBe(8);
    expect(() => byteSize(graph.input('lost', 'int64', ['Q']), sizes)).toThrow('no size for the dimension Q');
  });
});

import { describe, expect, it } from 'vitest';
import { Graph, type Value } from '../graph/graph.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { Tape } from './tape.ts';

const runtime = createRuntime('cpu', { threads: 1 });
const row = (...numbers: number[]) =>
  ({ type: 'float32', dims: [1, numbers.length], data: Float32Array.from(numbers) }) as const;

describe('reverse mode', () => {
  it('adds up the gradients of a value that is used twice', async () => {
    const graph = new Graph();
    const tape = new Tape();
    const x = graph.input('x', 'float32', ['N', 2]);
    const gate = tape.apply('SwiGLU', { gate: x, up: x }, {});
    const y = tape.apply('Add', { a: gate, b: x }, {});
    graph.output('gradient', tape.gradients(y, graph.input('seed', 'float32', ['N', 2]), [x]).get(x)!);
    const session = await runtime.createSession(graph, { foldConstantsUpToBytes: 0, repackMatrices: false });
    const { gradient } = await session.run({ x: row(0.5, -2), seed: row(1, 1) });
    await session.release();
    // d/dx (x² σ(x) + x) = 2 x σ + x² σ (1 − σ) + 1
    const expected = [0.5, -2].map((v) => {
      const s = 1 / (1 + Math.exp(-v));
      return 2 * v * s + v * v * s * (1 - s) + 1;
    });
    expect([...gradient!.data].map(Number)).toEqual(expected.map((v) => expect.closeTo(v, 5)));
  });

  it('computes nothing for values that no trainable value lies upstream of', () => {
    const graph = new Graph();
    const tape = new Tape();
    const x = graph.input('x', 'float32', ['N', 4]);
    const frozen = graph.input('frozen', 'float32', [4, 4]);
    const trained = graph.input('trained', 'float32', [4, 4]);
    const hidden = tape.apply('Linear', { x, weight: frozen }, {});
    const y = tape.apply('Linear', { x: hidden, weight: trained }, {});
    const forwardNodes = graph.nodes.length;
    tape.gradients(y, graph.input('seed', 'float32', ['N', 4]), [trained]);
    const products = graph.nodes.slice(forwardNodes).filter(({ operator }) => operator === 'Gemm');
    expect(products).toHaveLength(1);
  });

  it('computes cheap results again instead of keeping them', () => {
    const graph = new Graph();
    const tape = new Tape();
    const x = tape.apply(
      'Linear',
      { x: graph.input('x', 'float32', ['N', 4]), weight: graph.input('w', 'float32', [4, 4]) },
      {},
    );
    const weight = graph.input('scale', 'float32', [4]);
    const normed = tape.apply('RMSNorm', { x, weight }, { epsilon: 1e-5, to: 'float32' });
    const trained = graph.input('trained', 'float32', [4, 4]);
    const y = tape.apply('Linear', { x: normed, weight: trained }, {});
    const forwardNodes = graph.nodes.length;
    tape.gradients(y, graph.input('seed', 'float32', ['N', 4]), [trained]);
    const backward = graph.nodes.slice(forwardNodes);
    expect(backward.some(({ inputs }) => inputs.includes(normed.name))).toBe(false);
    expect(backward.filter(({ operator }) => operator === 'SimplifiedLayerNormalization')).toHaveLength(1);
  });

  it('with checkpointing keeps the checkpoints alone', () => {
    const graph = new Graph();
    const tape = new Tape({ checkpointing: true });
    const [trained, frozen] = ['trained', 'frozen'].map((name) => graph.input(name, 'float32', [4, 4]));
    const linear = (x: Value) => tape.apply('Linear', { x, weight: frozen! }, {});
    const start = tape.apply('Linear', { x: graph.input('x', 'float32', ['N', 4]), weight: trained! }, {});
    tape.checkpoint(start);
    const gate = linear(start);
    const up = linear(tape.apply('Add', { a: gate, b: start }, {}));
    const y = tape.apply('SwiGLU', { gate, up }, {});
    const forward = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
    const seed = graph.input('seed', 'float32', ['N', 4]);
    const forwardNodes = graph.nodes.length;
    tape.gradients(y, seed, [trained!]);
    const kept = graph.nodes.slice(forwardNodes).flatMap(({ inputs }) => inputs.filter((name) => forward.has(name)));
    expect([...new Set(kept)]).toEqual([start.name]);
  });

  it('refuses a trainable value that the output does not depend on', () => {
    const graph = new Graph();
    const tape = new Tape();
    const [a, b, lonely] = ['a', 'b', 'lonely'].map((name) => graph.input(name, 'float32', ['N', 4]));
    const y = tape.apply('Add', { a: a!, b: b! }, {});
    expect(() => tape.gradients(y, y, [lonely!])).toThrow('lonely does not influence the output');
  });

  it('refuses a gradient by an input that has none', () => {
    const graph = new Graph();
    const tape = new Tape();
    const x = graph.input('x', 'float32', ['N', 4]);
    const factor = graph.input('factor', 'float32', []);
    const y = tape.apply('Scale', { x, factor }, {});
    expect(() => tape.gradients(y, y, [factor])).toThrow('Scale: a gradient reached its fixed input factor');
  });
});

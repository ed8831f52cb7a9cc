// Every gradient rule alone, against central differences of its own forward form as ONNX Runtime computes it.
import { Random } from '@tallrec/shared/random';
import { describe, expect, it } from 'vitest';
import type { Dims } from '../graph/element-type.ts';
import type { Session, Tensor } from '../graph/execution.ts';
import { type Extension, Graph, type Value } from '../graph/graph.ts';
import { hasExactInt8Products } from '../graph/integer-products.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import type { DifferentiableInput, Inputs, OperationAttributes, Primitive } from './operation.ts';
import { operations } from './operations.ts';
import { Tape } from './tape.ts';

type Real = 'float32' | 'float64';

/** Names of dimensions and the sizes that the test gives them. */
const SIZES: Record<string, number> = { B: 2, T: 5, B·T: 10, 'P+B·T': 13, P: 3, N: 3 };
const TOLERANCES: Record<Real, { step: number; relative: number }> = {
  float64: { step: 1e-4, relative: 1e-7 },
  float32: { step: 3e-2, relative: 3e-3 },
};

interface Case<P extends Primitive> {
  name: string;
  type: Real;
  /** Shapes of the inputs that have a gradient, filled with normal numbers. */
  shapes: { [I in DifferentiableInput<P>]?: Dims };
  fixed?: Record<string, { dims: Dims; tensor: (type: Real) => Tensor }>;
  attributes: OperationAttributes<P>;
  extensions?: readonly Extension[];
  /** In place of the type's own, for what is rounded. */
  relative?: number;
}

const int64 = (dims: Dims, ...data: number[]) => ({
  dims,
  tensor: (): Tensor => ({ type: 'int64', dims: concrete(dims), data: BigInt64Array.from(data, BigInt) }),
});
const angles = (f: (angle: number) => number) => ({
  dims: ['T', 4],
  tensor: (type: Real) =>
    real(
      type,
      [5, 4],
      Array.from({ length: 20 }, (_, i) => f(Math.trunc(i / 4) * 0.7 ** (i % 4))),
    ),
});
const attention = { batch: 'B', length: 'T', heads: 4, kvHeads: 2, headDim: 8 };
const queriesKeysValues = { q: ['B·T', 32], k: ['B·T', 16], v: ['B·T', 16] };
const withPrefix = { q: ['P+B·T', 32], k: ['P+B·T', 16], v: ['P+B·T', 16] };

/** A matrix [6, 4] in steps of a hundredth. */
const INT8_STEPS = (o: number, i: number) => 120 * Math.sin(1.7 * (4 * o + i) + 0.3);

const INT8_COLUMNS = [1, 3];

function int8(dims: [number, number], at: (row: number, column: number) => number): Tensor {
  const data = Int8Array.from({ length: dims[0] * dims[1] }, (_, n) => at(Math.trunc(n / dims[1]), n % dims[1]));
  return { type: 'int8', dims, data };
}

/** Total by type: an operation without a case does not compile. */
const cases: { [P in Primitive]: Case<P>[] } = {
  Add: [{ name: 'of one shape', type: 'float64', shapes: { a: ['N', 4], b: ['N', 4] }, attributes: {} }],
  Bias: [{ name: 'of each column', type: 'float64', shapes: { x: ['N', 4], bias: [4] }, attributes: {} }],
  Cast: [
    {
      name: 'to a wider type',
      type: 'float32',
      shapes: { x: ['N', 4] },
      attributes: { from: 'float32', to: 'float64' },
    },
  ],
  Scale: [
    {
      name: 'by a scalar',
      type: 'float64',
      shapes: { x: ['N', 4] },
      fixed: { factor: { dims: [], tensor: (type) => real(type, [], [-1.7]) } },
      attributes: {},
    },
  ],
  Int8Linear: [
    {
      name: 'rounded in rows and columns',
      type: 'float32',
      shapes: { x: ['N', 4] },
      fixed: {
        matrix: { dims: [4, 6], tensor: () => int8([4, 6], (i, o) => Math.round(INT8_STEPS(o, i))) },
        extended: {
          dims: [6, 6],
          tensor: () =>
            int8([6, 6], (i, o) => {
              const steps = INT8_STEPS(o, i < 4 ? i : INT8_COLUMNS[i - 4]!);
              return i < 4 ? Math.round(steps) : Math.round(254 * (steps - Math.round(steps)));
            }),
        },
        columns: {
          dims: [2],
          tensor: () => ({ type: 'int32', dims: [2], data: Int32Array.from(INT8_COLUMNS) }),
        },
        scale: { dims: [6], tensor: (type) => real(type, [6], new Array(6).fill(0.01)) },
        gradientMatrix: { dims: [6, 4], tensor: () => int8([6, 4], (o, i) => Math.round(INT8_STEPS(o, i))) },
        gradientScale: { dims: [4], tensor: (type) => real(type, [4], new Array(4).fill(0.01)) },
      },
      attributes: {},
      relative: 2e-2,
    },
  ],
  Linear: [
    { name: 'without addend', type: 'float64', shapes: { x: ['N', 4], weight: [6, 4] }, attributes: {} },
    { name: 'with addend', type: 'float64', shapes: { x: ['N', 4], weight: [6, 4], addend: ['N', 6] }, attributes: {} },
  ],
  QuantizedLinear: [
    {
      name: 'of blocks of 8 bits',
      type: 'float32',
      shapes: { x: ['N', 4] },
      fixed: {
        quantized: {
          dims: [12, 2],
          tensor: () => ({ type: 'int8', dims: [12, 2], data: Int8Array.from({ length: 24 }, (_, i) => 11 * i - 127) }),
        },
        scale: {
          dims: [12],
          tensor: (type) =>
            real(
              type,
              [12],
              Array.from({ length: 12 }, (_, i) => 0.01 * (i + 1)),
            ),
        },
      },
      attributes: { outSize: 6, inSize: 4 },
    },
  ],
  Gather: [
    {
      name: 'with a row taken twice',
      type: 'float64',
      shapes: { table: [5, 4] },
      fixed: { indices: int64(['N'], 3, 0, 3) },
      attributes: {},
    },
  ],
  Dropout: [
    {
      name: 'by keys, columns and a factor',
      type: 'float64',
      shapes: { x: ['N', 2] },
      fixed: {
        keys: { dims: ['N'], tensor: () => ({ type: 'int32', dims: [3], data: Int32Array.of(5, -1, 9) }) },
        columns: { dims: [2], tensor: () => ({ type: 'int32', dims: [2], data: Int32Array.of(1, -7) }) },
        threshold: { dims: [], tensor: () => ({ type: 'int32', dims: [], data: Int32Array.of(0) }) },
      },
      attributes: { factor: 3 },
    },
  ],
  RMSNorm: [
    {
      name: 'with a weight',
      type: 'float64',
      shapes: { x: ['N', 6], weight: [6] },
      attributes: { epsilon: 0.1, to: 'float64' },
    },
    {
      name: 'that tells its factor',
      type: 'float32',
      shapes: { x: ['N', 6], weight: [6] },
      attributes: { epsilon: 0.1, to: 'float32' },
      extensions: ['NormFactor'],
    },
    {
      name: 'of two heads',
      type: 'float64',
      shapes: { x: ['N', 6], weight: [3] },
      attributes: { epsilon: 0.1, to: 'float64' },
    },
    {
      name: 'of two heads that tells its factor',
      type: 'float32',
      shapes: { x: ['N', 6], weight: [3] },
      attributes: { epsilon: 0.1, to: 'float32' },
      extensions: ['NormFactor'],
    },
  ],
  RotaryEmbedding: [
    {
      name: 'of three heads',
      type: 'float32',
      shapes: { x: ['N', 24] },
      fixed: { positions: int64(['N'], 2, 4, 0), cos: angles(Math.cos), sin: angles(Math.sin) },
      attributes: {},
    },
  ],
  SwiGLU: [{ name: 'of gate and up', type: 'float64', shapes: { gate: ['N', 5], up: ['N', 5] }, attributes: {} }],
  CausalAttention: [
    { name: 'of standard operators', type: 'float64', shapes: queriesKeysValues, attributes: attention },
    {
      name: 'with products that transpose',
      type: 'float32',
      shapes: queriesKeysValues,
      attributes: attention,
      extensions: ['FusedMatMul'],
    },
    {
      name: 'of two sequences with three tokens before both',
      type: 'float64',
      shapes: withPrefix,
      attributes: { prefix: 'P', ...attention },
    },
    {
      name: 'in a window of three tokens, one of them before both sequences',
      type: 'float64',
      shapes: withPrefix,
      attributes: { prefix: 'P', ...attention, window: 3 },
    },
  ],
  CrossEntropy: [
    {
      name: 'of labelled rows',
      type: 'float64',
      shapes: { logits: ['N', 7] },
      fixed: { labels: int64(['N'], 6, 0, 2) },
      attributes: {},
    },
  ],
};

const exactInt8 = await hasExactInt8Products(createRuntime('cpu', { threads: 1 }));

describe('gradient rules equal central differences', () => {
  for (const primitive of Object.keys(cases) as Primitive[]) {
    for (const testCase of cases[primitive]) {
      // Products that overflow, as CPUs without VNNI have them, are no gradients.
      const possible = primitive !== 'Int8Linear' || exactInt8;
      it.runIf(possible)(`${primitive} ${testCase.name} (${testCase.type})`, () =>
        check(primitive, testCase as Case<Primitive>),
      );
    }
  }

  it('are tried for every differentiable input', () => {
    for (const primitive of Object.keys(cases) as Primitive[]) {
      const tried = new Set(cases[primitive].flatMap(({ shapes }) => Object.keys(shapes)));
      expect([...tried].sort()).toEqual(Object.keys(operations[primitive].gradient).sort());
    }
  });
});

describe('attention in a window', () => {
  it.each([1, 2, 4, 8, 20])('of %i tokens sees those alone, of a shared prefix too', async (window) => {
    const testCase: Case<'CausalAttention'> = {
      name: '',
      type: 'float64',
      shapes: withPrefix,
      attributes: { prefix: 'P', ...attention, window },
    };
    const { session, feeds } = await build('CausalAttention', testCase);
    const { output } = await session.run({ ...feeds, seed: real('float64', [13, 32], new Array(13 * 32).fill(0)) });
    await session.release();
    const [q, k, v] = ['q', 'k', 'v'].map((name) => feeds[name]!.data as Float64Array) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    // Rows 0 to 2 stand before both sequences, which have five more each.
    for (const before of [3, 8]) {
      const rows = [0, 1, 2, ...Array.from({ length: 5 }, (_, t) => before + t)];
      for (const [position, row] of rows.entries()) {
        for (let head = 0; head < 4; head++) {
          const seen = rows.slice(Math.max(0, position - window + 1), position + 1);
          const keyAt = (r: number) => 16 * r + 8 * (head >> 1);
          const dot = (r: number) =>
            Array.from({ length: 8 }, (_, d) => q[32 * row + 8 * head + d]! * k[keyAt(r) + d]!).reduce((a, b) => a + b);
          const weights = seen.map((r) => Math.exp(dot(r) / Math.sqrt(8)));
          const sum = weights.reduce((a, b) => a + b);
          for (let d = 0; d < 8; d++) {
            const expected = seen.reduce((total, r, i) => total + (weights[i]! / sum) * v[keyAt(r) + d]!, 0);
            expect(Number(output!.data[32 * row + 8 * head + d])).toBeCloseTo(expected, 6);
          }
        }
      }
    }
  });
});

async function check<P extends Primitive>(primitive: P, testCase: Case<P>): Promise<void> {
  const { type, shapes } = testCase;
  const { session, feeds, outputType, outputDims } = await build(primitive, testCase);
  const seed = normal(outputDims, 99);
  const run = async () => await session.run({ ...feeds, seed: real(outputType, outputDims, seed) });
  const results = await run();
  const { step, relative } = { ...TOLERANCES[type], ...(testCase.relative ? { relative: testCase.relative } : {}) };
  try {
    for (const name of Object.keys(shapes)) {
      const values = feeds[name]!.data as Float64Array;
      const differences: number[] = [];
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        const sums: number[] = [];
        for (const sign of [1, -1]) {
          values[i] = value + sign * step;
          const output = (await run()).output!.data as Float64Array;
          sums.push(output.reduce((sum, y, j) => sum + y * seed[j]!, 0));
        }
        values[i] = value;
        differences.push((sums[0]! - sums[1]!) / (2 * step));
      }
      const gradient = results[`gradient of ${name}`]!;
      const largest = Math.max(...differences.map(Math.abs));
      expect(largest, `differences by ${name}`).toBeGreaterThan(0.01);
      expect(gradient.dims).toEqual(feeds[name]!.dims);
      differences.forEach((difference, i) => {
        expect(Math.abs(Number(gradient.data[i]) - difference) / largest, `${name}[${i}]`).toBeLessThan(relative);
      });
    }
  } finally {
    await session.release();
  }
}

async function build<P extends Primitive>(primitive: P, { type, shapes, fixed = {}, attributes, extensions }: Case<P>) {
  const graph = new Graph(extensions);
  const feeds: Record<string, Tensor> = {
    prefix: int64(['P'], 0, 0, 0).tensor(),
    tokens: int64(['B', 'T'], ...Array(10).fill(0)).tensor(),
  };
  graph.input('prefix', 'int64', ['P']);
  graph.input('tokens', 'int64', ['B', 'T']);
  const trainable = new Map<string, Value>();
  for (const [index, [name, dims]] of Object.entries(shapes as Record<string, Dims>).entries()) {
    trainable.set(name, graph.input(name, type, dims));
    feeds[name] = real(type, concrete(dims), normal(concrete(dims), index));
  }
  const inputs: Record<string, Value> = Object.fromEntries(trainable);
  for (const [name, { dims, tensor }] of Object.entries(fixed)) {
    feeds[name] = tensor(type);
    inputs[name] = graph.input(name, feeds[name].type, dims);
  }
  const tape = new Tape();
  const output = tape.apply(primitive, inputs as unknown as Inputs<P>, attributes);
  const seed = graph.input('seed', output.type, output.shape);
  graph.output('output', output);
  for (const [value, gradient] of tape.gradients(output, seed, [...trainable.values()])) {
    graph.output(`gradient of ${value.name}`, gradient);
  }
  const runtime = createRuntime('cpu', { threads: 1 });
  const session: Session = await runtime.createSession(graph, { foldConstantsUpToBytes: 1e6, repackMatrices: false });
  return { session, feeds, outputType: output.type as Real, outputDims: concrete(output.shape) };
}

function real(type: Real, dims: readonly number[], numbers: readonly number[]): Tensor {
  return type === 'float64'
    ? { type, dims, data: Float64Array.from(numbers) }
    : { type, dims, data: Float32Array.from(numbers) };
}

function concrete(dims: Dims): number[] {
  return dims.map((dim) => (typeof dim === 'number' ? dim : SIZES[dim]!));
}

function normal(dims: readonly number[], seed: number): number[] {
  const random = Random.seeded(seed);
  return Array.from({ length: dims.reduce((product, size) => product * size, 1) }, () => random.normal());
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { createBranches, joinBranches } from './branches.ts';
import type { Session, Tensor } from './execution.ts';
import { Graph } from './graph.ts';
import { Add, Gemm, Mul } from './operators.ts';

const runtime = createRuntime('cpu', { threads: 1 });
const matrix = (dims: number[], ...data: number[]): Tensor => ({
  type: 'float32',
  dims,
  data: Float32Array.from(data),
});

describe('graphs joined as branches', () => {
  let dir: string;
  let branches: Record<'product' | 'sum', Session>;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'branches-'));
    const file = join(dir, 'weights');
    await writeFile(file, new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
    const weight = (graph: Graph) => graph.external('w', 'float32', [2, 2], { file, byteOffset: 0, byteLength: 16 });

    const product = new Graph(runtime.extensions);
    const x = product.input('x', 'float32', ['N', 2]);
    const y = Gemm(x, weight(product)); // [N, 2]
    product.output('y', Mul(y, 10));
    product.output('plain', y);

    const sum = new Graph(runtime.extensions);
    const b = sum.input('b', 'float32', [2]);
    sum.output('y', Add(Gemm(sum.input('x', 'float32', ['N', 2]), weight(sum)), Mul(b, 2)));
    branches = await createBranches(runtime, { product, sum }, { foldConstantsUpToBytes: 0, repackMatrices: false });
  });
  afterAll(async () => {
    await branches.sum.release();
    await rm(dir, { recursive: true });
  });

  it('compute what each does alone, with constants in files held once', async () => {
    const { y, plain } = await branches.product.run({ x: matrix([1, 2], 1, 1) });
    expect([...y!.data]).toEqual([40, 60]);
    expect([...plain!.data]).toEqual([4, 6]);
    const { y: sum } = await branches.sum.run({ x: matrix([2, 2], 1, 1, 1, 0), b: matrix([2], 5, 6) });
    expect(sum!.dims).toEqual([2, 2]);
    expect([...sum!.data]).toEqual([14, 18, 11, 14]);
  });

  it('give what was asked for alone', async () => {
    expect(Object.keys(await branches.product.run({ x: matrix([1, 2], 1, 1) }, ['plain']))).toEqual(['plain']);
  });

  it('cannot have inputs of one name and two types', () => {
    const graphs = { a: new Graph(), b: new Graph() };
    graphs.a.output('x', graphs.a.input('in', 'float32', []));
    graphs.b.output('x', graphs.b.input('in', 'int64', []));
    expect(() => joinBranches(graphs, runtime)).toThrow('input in is float32, and int64 in b');
  });
});

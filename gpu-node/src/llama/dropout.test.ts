import { describe, expect, it } from 'vitest';
import { keepMask } from '../autodiff/operations/dropout.ts';
import { Graph } from '../graph/graph.ts';
import { Cast } from '../graph/operators.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { columnFactors, dropThreshold, maskFactor, tokenKeys } from './dropout.ts';
import { padRows } from './micro-batch.ts';
import { seededConfig } from './seeded-checkpoint.ts';

const [ROWS, LENGTH, WIDTH] = [8, 50, 100];
const COUNT = ROWS * LENGTH * WIDTH;
const config = { ...seededConfig, maxPositionEmbeddings: LENGTH };
const batchOf = (rows: number[][], sharePrefix = false) => padRows(rows, config, { sharePrefix });
/** Rows that differ from their first token on. */
const unlike = Array.from({ length: ROWS }, (_, row) => Array.from({ length: LENGTH }, (_, i) => (row + 3 * i) % 40));

async function masks(probability: number, modules: readonly (readonly [number, 'q_proj' | 'v_proj'])[]) {
  const graph = new Graph();
  const keys = graph.input('keys', 'int32', ['N']);
  const columns = graph.constant('int32', columnFactors(WIDTH));
  const threshold = graph.input('threshold', 'int32', []);
  modules.forEach(([layer, module], i) => {
    graph.output(`${i}`, Cast(keepMask({ keys, columns, threshold }, maskFactor(layer, module)), 'float32'));
  });
  const session = await createRuntime('cpu').createSession(graph, { foldConstantsUpToBytes: 0, repackMatrices: false });
  const results = await session.run({
    keys: { type: 'int32', dims: [ROWS * LENGTH], data: tokenKeys(7, batchOf(unlike)) },
    threshold: { type: 'int32', dims: [], data: Int32Array.of(dropThreshold(probability)) },
  });
  await session.release();
  return modules.map((_, i) => Array.from(results[`${i}`]!.data, Number));
}

describe('LoRA dropout masks', () => {
  it.each([0, 0.05, 0.5, 1])('drop the share %d', async (probability) => {
    const [mask] = await masks(probability, [[0, 'q_proj']]);
    const dropped = mask!.filter((kept) => kept === 0).length / COUNT;
    const deviation = Math.sqrt((probability * (1 - probability)) / COUNT);
    expect(Math.abs(dropped - probability)).toBeLessThanOrEqual(4 * deviation + 1e-9);
  });

  it('are as good as independent between modules and layers, between rows and between columns', async () => {
    const [q, v, deeper] = await masks(0.5, [
      [0, 'q_proj'],
      [0, 'v_proj'],
      [1, 'q_proj'],
    ]);
    const agreement = (a: number[], b: number[]) => a.filter((kept, i) => kept === b[i]).length / b.length;
    const bound = 5 * Math.sqrt(0.25 / COUNT);
    expect(Math.abs(agreement(q!, v!) - 0.5)).toBeLessThan(bound);
    expect(Math.abs(agreement(q!, deeper!) - 0.5)).toBeLessThan(bound);
    expect(Math.abs(agreement(q!.slice(WIDTH), q!.slice(0, -WIDTH)) - 0.5)).toBeLessThan(bound);
    expect(Math.abs(agreement(q!.slice(1), q!.slice(0, -1)) - 0.5)).toBeLessThan(bound);
  });

  it('give a token the same bits alone, beside longer rows, and where what rows share is computed once', () => {
    const [short, long] = [
      [5, 6, 7, 8],
      [5, 6, 9, 9, 9, 2],
    ];
    const alone = [...tokenKeys(3, batchOf([short!]))];
    const together = [...tokenKeys(3, batchOf([long!, short!]))];
    expect(together.slice(6, 10)).toEqual(alone);
    const shared = [...tokenKeys(3, batchOf([long!, short!], true))];
    expect(shared.slice(0, 2)).toEqual(alone.slice(0, 2));
    expect(shared.slice(6, 8)).toEqual(alone.slice(2));
    expect(shared.slice(2, 6)).toEqual(together.slice(2, 6));
    expect(new Set([...alone, ...together.slice(2, 6)]).size).toBe(8);
    expect(tokenKeys(4, batchOf([short!]))).not.toEqual(Int32Array.from(alone));
  });
});
